/**
 * Reads Java's properties format (java.util.Properties): comments, continued lines, escapes. Of a key that comes twice the
 * last counts.
 */
import { readFile, stat } from 'node:fs/promises';
import { codeOf, Refusal } from '../refusal.ts';

export interface Property {
  readonly name: string;
  readonly value: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

const FILE_BYTES_MAX = 1024 * 1024;

/** @throws Refusal when the file cannot be read or is no properties file */
export async function readProperties(path: string): Promise<Property[]> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new Refusal(
        `${path} has ${size} bytes: --config takes a properties file of no more than ${FILE_BYTES_MAX}`,
      );
    }
    bytes = await readFile(path);
  } catch (error) {
    switch (codeOf(error)) {
      case 'ENOENT':
        throw new Refusal(`${path} does not exist: check the path given to --config`);
      case 'EISDIR':
        throw new Refusal(`${path} is a directory: --config takes a properties file`);
      case 'EACCES':
        throw new Refusal(`${path} may not be read by this user: change its permissions`);
      default:
        throw error;
    }
  }
  try {
    return parseProperties(bytes.toString('utf8'));
  } catch (error) {
    throw new Refusal(`${path}, ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** In the order of the text. @throws Error with the line of a bad escape */
export function parseProperties(text: string): Property[] {
  const found = new Map<string, Property>();
  for (const { content, line } of logicalLines(text)) {
    const [key, rest] = split(content);
    const name = unescaped(key, line);
    found.delete(name);
    found.set(name, { name, value: unescaped(rest, line), line });
  }
  return [...found.values()];
}

/** Lines without comments and blank ones; a line that ends in an odd number of backslashes goes on in the next. */
function* logicalLines(text: string): Generator<{ content: string; line: number }> {
  let open: { content: string; line: number } | undefined;
  for (const [index, physical] of text.split(/\r\n|\n|\r/).entries()) {
    const trimmed = physical.replace(/^[ \t\f]+/, '');
    if (open === undefined && (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!'))) continue;
    const line = open ?? { content: '', line: index + 1 };
    const continued = /(?:^|[^\\])(?:\\\\)*\\$/.test(trimmed);
    line.content += continued ? trimmed.slice(0, -1) : trimmed;
    open = continued ? line : undefined;
    if (!continued) yield line;
  }
  if (open !== undefined) yield open;
}

/** The key ends at the first blank, `=` or `:` that is not escaped. */
function split(content: string): readonly [key: string, value: string] {
  const [key] = /^(?:\\.|[^\\=: \t\f])*/.exec(content)!;
  return [key, content.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string, line: number): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{0,4}|.|$)/gs, (_, escaped: string) => {
    if (!escaped.startsWith('u')) return ESCAPES[escaped] ?? escaped;
    if (escaped.length < 5) throw new Error(`line ${line}: \\${escaped} is no escape, write four digits after \\u`);
    return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  });
}
