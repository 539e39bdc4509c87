/** The rules of layering, over what source.ts has read: each returns its violations as `file:line: what, and why not`. */
import { type Layer, layers } from './layers.ts';
import { computedModule, type Import, type Source } from './source.ts';

/** The area of a file under src/; undefined elsewhere. */
function areaOf(path: string): string | undefined {
  const [top, area, ...rest] = path.split('/');
  return top === 'src' && rest.length > 0 ? area : undefined;
}

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const inSource = (path: string): boolean => path.startsWith('src/');

/** Every file under src/ belongs to a folder of the table. */
export function strayFiles(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => inSource(path) && !Object.hasOwn(layers, areaOf(path) ?? ''))
    .map(({ path }) => `${path}: in no folder of the table of layers`);
}

/** Areas import what the table allows, other areas through index.ts only, and nothing from outside src/. */
export function layering(sources: readonly Source[]): string[] {
  const violations: string[] = [];
  for (const source of sources) {
    for (const found of source.imports) {
      const why = refusal(source.path, found);
      if (why !== undefined) violations.push(`${source.path}:${found.line}: imports ${found.specifier}: ${why}`);
    }
  }
  return violations;
}

function refusal(path: string, found: Import): string | undefined {
  const area = areaOf(path);
  const layer = area === undefined ? undefined : layers[area];
  if (found.target !== undefined) return refusalOfFile(path, area, layer, found.target);
  if (layer === undefined || isTest(path)) return undefined;
  if (found.specifier === computedModule) {
    return layer.ambient ? undefined : 'a module is named by a literal';
  }
  if (found.specifier.startsWith('node:')) {
    const allowed = layer.ambient || layer.builtins?.includes(found.specifier);
    return allowed ? undefined : `${area} does not use Node's own modules; take a port`;
  }
  const allowed = layer.packages?.some((name) => found.specifier === name || found.specifier.startsWith(`${name}/`));
  return allowed ? undefined : `the table lets ${area} import no such package`;
}

function refusalOfFile(
  path: string,
  area: string | undefined,
  layer: Layer | undefined,
  target: string,
): string | undefined {
  const targetArea = areaOf(target);
  if (targetArea === undefined) {
    return inSource(path) ? 'src/ imports nothing from outside itself' : undefined;
  }
  if (area !== undefined && isTest(target)) return 'nothing imports a test';
  if (targetArea === area) return undefined;
  // Tests may use any area, and code outside src/ too, but they have no key to its inner rooms either.
  const free = layer === undefined || isTest(path) || layer.mayImport === 'anything';
  if (!free && !layer.mayImport.includes(targetArea)) return `${area} may not import ${targetArea}`;
  if (target !== `src/${targetArea}/index.ts`) return `${targetArea} is imported through its index.ts only`;
  return undefined;
}

/** No file reaches itself through its imports, types included. One line for each knot, its files in order. */
export function cycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: string[] = [];
  // Tarjan's strongly connected components.
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    onStack.add(file);
    for (const next of edges.get(file) ?? []) {
      if (!edges.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (onStack.has(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const knot = stack.splice(stack.indexOf(file));
    for (const member of knot) onStack.delete(member);
    if (knot.length > 1 || edges.get(file)!.includes(file)) found.push(`import cycle: ${knot.sort().join(', ')}`);
  };
  for (const { path } of sources) if (!order.has(path)) visit(path);
  return found.sort();
}

/** The clock, timers, randomness, files, sockets and the process appear in the adapters alone. */
export function ambient(sources: readonly Source[]): string[] {
  const violations: string[] = [];
  for (const { path, ambient: uses } of sources) {
    const area = areaOf(path);
    if (area === undefined || isTest(path) || layers[area]?.ambient) continue;
    for (const { what, instead, line } of uses) violations.push(`${path}:${line}: uses ${what}; instead: ${instead}`);
  }
  return violations;
}

/** The table itself has no cycle and names no unknown area. */
export function tableFaults(table: Readonly<Record<string, Layer>> = layers): string[] {
  const faults: string[] = [];
  const settled = new Set<string>();
  for (let progress = true; progress; ) {
    progress = false;
    for (const [area, { mayImport }] of Object.entries(table)) {
      if (settled.has(area) || mayImport === 'anything') continue;
      if (mayImport.every((other) => settled.has(other))) progress = settled.add(area).has(area);
    }
  }
  for (const [area, { mayImport }] of Object.entries(table)) {
    if (mayImport !== 'anything' && !settled.has(area)) faults.push(`${area}: imports itself through the table`);
  }
  return faults;
}
