/** Assertions are for bugs of ours: a failed one means the program is wrong. Bad input gets a proper error instead. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** For exhaustive switches: adding a case without handling it fails the type check. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${String(value)}`);
}

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}
