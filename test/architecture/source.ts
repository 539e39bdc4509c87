/**
 * Reads a TypeScript project through the compiler's own parser and name resolution: what each file imports, and where it
 * names a global that layers.ts lists. Comments, strings and members that only look alike are therefore never mistaken.
 */
import { isAbsolute, join, relative } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import { API, type Project } from 'typescript/unstable/sync';
import { ambientGlobals, partlyAmbientGlobals } from './layers.ts';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file it means, from the project's root; undefined for packages and Node's own modules. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface AmbientUse {
  /** What is used, as it would be named in a message: `Date.now`. */
  readonly what: string;
  readonly instead: string;
  readonly line: number;
}

export interface Source {
  /** From the project's root, `/`-separated. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly ambient: readonly AmbientUse[];
}

/** Every file of the project at `root` (its tsconfig.json decides which they are). */
export function readSources(root: string): Source[] {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()[0];
    if (project === undefined) throw new Error(`${root}: no project`);
    return project.rootFiles.map((file) => readSource(project, root, file));
  } finally {
    api.close();
  }
}

function readSource(project: Project, root: string, file: string): Source {
  const source = project.program.getSourceFile(file);
  if (source === undefined) throw new Error(`${file}: not in the program`);
  const path = relative(root, file);
  const imports: Import[] = [];
  const candidates: Node[] = [];
  const visit = (node: Node): void => {
    const specifier = moduleSpecifier(node);
    if (specifier !== undefined) imports.push({ ...resolve(path, specifier), line: lineOf(source, node) });
    if (isCandidate(node)) candidates.push(node);
    node.forEachChild(visit);
  };
  visit(source);
  const ambient: AmbientUse[] = [];
  for (const node of candidates) {
    const use = ambientUse(node);
    if (use !== undefined && isGlobal(project, root, node)) ambient.push({ ...use, line: lineOf(source, node) });
  }
  return { path, imports, ambient };
}

function lineOf(source: SourceFile, node: Node): number {
  return source.text.slice(0, node.getStart(source)).split('\n').length;
}

/** The module a node names: static and dynamic imports, re-exports, and types by import(). */
function moduleSpecifier(node: Node): string | undefined {
  switch (node.kind) {
    case SyntaxKind.ImportDeclaration:
    case SyntaxKind.ExportDeclaration:
      return literal((node as Node & { moduleSpecifier?: Node }).moduleSpecifier);
    case SyntaxKind.ImportType:
      return literal((node as Node & { argument: Node & { literal?: Node } }).argument.literal);
    case SyntaxKind.CallExpression: {
      const call = node as Node & { expression: Node; arguments: readonly Node[] };
      if (call.expression.kind !== SyntaxKind.ImportKeyword) return undefined;
      return literal(call.arguments[0]) ?? computedModule;
    }
    default:
      return undefined;
  }
}

/** Stands for a module whose name is computed when the program runs. */
export const computedModule = '(computed)';

function literal(node: Node | undefined): string | undefined {
  const isText = node?.kind === SyntaxKind.StringLiteral || node?.kind === SyntaxKind.NoSubstitutionTemplateLiteral;
  return isText ? (node as Node & { text: string }).text : undefined;
}

function resolve(from: string, specifier: string): { specifier: string; target: string | undefined } {
  if (!specifier.startsWith('.') && !isAbsolute(specifier)) return { specifier, target: undefined };
  return { specifier, target: join(from, '..', specifier) };
}

/** An identifier in the position of a value, spelt like a global that layers.ts lists. */
function isCandidate(node: Node): boolean {
  if (node.kind !== SyntaxKind.Identifier) return false;
  const { text } = node as Node & { text: string };
  if (!Object.hasOwn(ambientGlobals, text) && !Object.hasOwn(partlyAmbientGlobals, text)) return false;
  const parent = node.parent as Node & { name?: Node; propertyName?: Node };
  switch (parent.kind) {
    case SyntaxKind.TypeReference:
    case SyntaxKind.QualifiedName:
    case SyntaxKind.TypeQuery:
      return false;
    case SyntaxKind.ShorthandPropertyAssignment:
      return true;
    default:
      return parent.name !== node && parent.propertyName !== node;
  }
}

/** How the identifier is used, where that use is ambient. */
function ambientUse(node: Node): Omit<AmbientUse, 'line'> | undefined {
  const { text } = node as Node & { text: string };
  const whole = ambientGlobals[text];
  if (whole !== undefined) return { what: text, instead: whole };
  const { banned, instead } = partlyAmbientGlobals[text]!;
  const parent = node.parent as Node & { expression?: Node; name?: Node; right?: Node; arguments?: readonly Node[] };
  if (parent.kind === SyntaxKind.PropertyAccessExpression && parent.expression === node) {
    const member = (parent.name as Node & { text: string }).text;
    return banned.includes(member) ? { what: `${text}.${member}`, instead } : undefined;
  }
  if (parent.kind === SyntaxKind.BinaryExpression && parent.right === node) return undefined; // instanceof
  if (parent.kind === SyntaxKind.NewExpression && text === 'Date' && (parent.arguments?.length ?? 0) > 0) {
    return undefined; // a time that was passed in
  }
  // Anything else hands the object on, and with it its ambient members.
  const what = parent.kind === SyntaxKind.NewExpression ? `new ${text}()` : `${text}, not by a member's name`;
  return { what, instead };
}

/** Whether the name means the global, and nothing that the project declares itself. */
function isGlobal(project: Project, root: string, node: Node): boolean {
  const symbol =
    node.parent.kind === SyntaxKind.ShorthandPropertyAssignment
      ? project.checker.getShorthandAssignmentValueSymbol(node.parent)
      : project.checker.getSymbolAtLocation(node);
  const own = symbol?.declarations.some(({ path }) => {
    const where = relative(root, path);
    return (
      !where.startsWith('..') && !isAbsolute(where) && !where.includes('node_modules') && !path.startsWith('bundled')
    );
  });
  return own !== true;
}
