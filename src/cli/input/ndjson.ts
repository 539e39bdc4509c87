/**
 * The user's own input: a file with one JSON value on each line (NDJSON). Read as a stream, so its size does not matter.
 * Lines end with LF or CRLF, the last one may lack its end, blank lines are skipped, a byte order mark at the start is
 * ignored. Anything else stops the reading, with the file, the line and the cause.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, Refusal } from '../refusal.ts';
import type { Input } from './input.ts';

/** Bytes. A number may grow 4.4 times when it is written anew, and must still fit into a message of 1 MiB. */
export const LINE_BYTES_MAX = 200 * 1024;
/** Levels of arrays and objects inside each other. */
export const DEPTH_MAX = 200;

const CHUNK_BYTES = 256 * 1024;
const LF = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class NdjsonInput implements Input {
  readonly name: string;
  private readonly file: FileHandle;
  private readonly size: number | undefined;
  private readBytes = 0;

  private constructor(name: string, file: FileHandle, size: number | undefined) {
    this.name = name;
    this.file = file;
    this.size = size;
  }

  /** @throws Refusal when there is no such file, or it cannot be read, or it is empty */
  static async open(path: string): Promise<NdjsonInput> {
    let file: FileHandle;
    try {
      file = await open(path, constants.O_RDONLY);
    } catch (error) {
      throw explain(error, path);
    }
    try {
      const stats = await file.stat();
      if (stats.isDirectory())
        throw new Refusal(`${path} is a directory: --input takes a file with one JSON value a line`);
      if (stats.isFile() && stats.size === 0) throw emptyInput(path);
      return new NdjsonInput(path, file, stats.isFile() ? stats.size : undefined);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  progress(): number | undefined {
    return this.size === undefined ? undefined : Math.min(1, this.readBytes / this.size);
  }

  /** Frees the file when it is not read after all. */
  async close(): Promise<void> {
    await this.file.close();
  }

  async *chunks(): AsyncIterable<readonly string[]> {
    const lines = new LineSplitter(this.name);
    let records = 0;
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        const { bytesRead } = await this.file.read(chunk, 0, CHUNK_BYTES, null);
        this.readBytes += bytesRead;
        const texts = bytesRead === 0 ? lines.end() : lines.push(chunk.subarray(0, bytesRead));
        records += texts.length;
        if (texts.length > 0) yield texts;
        if (bytesRead === 0) break;
      }
    } catch (error) {
      throw explain(error, this.name);
    } finally {
      await this.file.close();
    }
    if (records === 0) throw emptyInput(this.name);
  }
}

/** Cuts bytes into lines and checks that each is one JSON value. */
export class LineSplitter {
  private readonly name: string;
  private rest: Buffer = Buffer.alloc(0);
  private line = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(name: string) {
    this.name = name;
  }

  /** The values that are complete. @throws Refusal */
  push(chunk: Buffer): string[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const texts: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF, start); end !== -1; end = bytes.indexOf(LF, start)) {
      this.take(bytes.subarray(start, end), texts);
      start = end + 1;
    }
    this.rest = bytes.subarray(start);
    if (this.rest.length > LINE_BYTES_MAX + 2) {
      this.line++;
      throw this.tooLong();
    }
    return texts;
  }
  /** The last line, if it has no end. @throws Refusal */
  end(): string[] {
    const texts: string[] = [];
    if (this.rest.length > 0) this.take(this.rest, texts);
    this.rest = Buffer.alloc(0);
    return texts;
  }

  private take(raw: Buffer, texts: string[]): void {
    this.line++;
    let line = raw;
    if (this.line === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3);
    line = withoutBlanks(line);
    if (line.length > LINE_BYTES_MAX) throw this.tooLong();
    let text: string;
    try {
      text = this.decoder.decode(line);
    } catch {
      throw this.malformed('it is not UTF-8');
    }
    if (text === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      // The parser counts lines within the line: its place would contradict ours.
      const cause = (error as Error).message.replace(/ \(line \d+ column \d+\)$/, '');
      throw this.malformed(`it is not one JSON value: ${cause}`);
    }
    if (text.length > DEPTH_MAX && deeperThan(value, DEPTH_MAX)) {
      throw this.malformed(`its arrays and objects are nested more than ${DEPTH_MAX} levels deep`);
    }
    texts.push(text);
  }

  private malformed(cause: string): Refusal {
    return new Refusal(`${this.name}, line ${this.line}: ${cause}`);
  }
  private tooLong(): Refusal {
    return this.malformed(`it is longer than ${LINE_BYTES_MAX} bytes (does each value end with a line feed?)`);
  }
}

/** JSON's own blanks only: space, tab, carriage return. */
function withoutBlanks(line: Buffer): Buffer {
  const isBlank = (byte: number | undefined) => byte === 32 || byte === 9 || byte === 13;
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return line.subarray(start, end);
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (deeperThan(inner, levels - 1)) return true;
  return false;
}

function emptyInput(path: string): Refusal {
  return new Refusal(`${path} is empty: --input needs at least one line with a JSON value`);
}

function explain(error: unknown, path: string): unknown {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Refusal(`${path} does not exist: check the path given to --input`);
    case 'EACCES':
    case 'EPERM':
      return new Refusal(`${path} may not be read by this user: change its permissions, or give --input another file`);
    case 'EISDIR':
      return new Refusal(`${path} is a directory: --input takes a file with one JSON value a line`);
    case 'EIO':
      return new Refusal(`${path} cannot be read: ${(error as Error).message}`);
    default:
      return error;
  }
}
