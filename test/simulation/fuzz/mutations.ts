/** What hostile or broken clients make of a frame. Each takes one with its length and gives another, perhaps with a wrong one. */
import type { SeededRandom } from '../../../src/lab/index.ts';

type Mutation = (frame: Buffer, random: SeededRandom, other: Buffer) => Buffer;

const EXTREMES = [0x7fff_ffff, -1, -0x8000_0000, 0, 0x00ff_ffff, 0x7fff_0000];
/** 2^32 - 1, 2^35 - 1, and one that never ends. */
const VARINTS = [
  Buffer.from('ffffffff0f', 'hex'),
  Buffer.from('ffffffff7f', 'hex'),
  Buffer.from('ffffffffffffffffffff', 'hex'),
];
/** After the length, the key, the version and the correlation id. */
const BODY_AT = 12;

const withLength = (frame: Buffer): Buffer => {
  if (frame.length >= 4) frame.writeInt32BE(frame.length - 4, 0);
  return frame;
};

/** A range of the frame behind its length. */
function range(frame: Buffer, random: SeededRandom): { from: number; to: number } {
  const from = random.between(4, frame.length);
  return { from, to: Math.min(frame.length, from + random.below(24)) };
}

export const mutations: Readonly<Record<string, Mutation>> = {
  'cuts it off': (frame, random) => frame.subarray(0, random.below(frame.length)),
  'cuts it off, with the length of the rest': (frame, random) =>
    withLength(Buffer.from(frame.subarray(0, random.between(4, frame.length)))),
  'flips bits': (frame, random) => {
    const flipped = Buffer.from(frame);
    for (let count = random.between(1, 8); count > 0; count--) {
      const at = random.between(4, frame.length - 1);
      flipped[at] = flipped[at]! ^ (1 << random.below(8));
    }
    return flipped;
  },
  'flips a bit of the body': (frame, random) => {
    const flipped = Buffer.from(frame);
    const at = random.between(Math.min(BODY_AT, frame.length - 1), frame.length - 1);
    flipped[at] = flipped[at]! ^ (1 << random.below(8));
    return flipped;
  },
  'writes an extreme number over it': (frame, random) => {
    const changed = Buffer.from(frame);
    const at = random.between(4, Math.max(4, frame.length - 4));
    if (at + 4 <= frame.length) changed.writeInt32BE(random.pick(EXTREMES), at);
    return changed;
  },
  'puts a long varint in': (frame, random) => {
    const at = random.between(Math.min(BODY_AT, frame.length), frame.length);
    return withLength(Buffer.concat([frame.subarray(0, at), random.pick(VARINTS), frame.subarray(at)]));
  },
  'writes a long varint over it': (frame, random) => {
    const changed = Buffer.from(frame);
    random.pick(VARINTS).copy(changed, random.between(Math.min(BODY_AT, frame.length), frame.length));
    return changed;
  },
  'lies about its length': (frame, random) => {
    const changed = Buffer.from(frame);
    const near = frame.length - 4 + random.between(-8, 8);
    changed.writeInt32BE(random.chance(0.5) ? near : random.pick(EXTREMES), 0);
    return changed;
  },
  'swaps two parts': (frame, random) => {
    const [one, two] = [range(frame, random), range(frame, random)].sort((a, b) => a.from - b.from) as [
      { from: number; to: number },
      { from: number; to: number },
    ];
    const middle = Math.max(one.to, two.from);
    return withLength(
      Buffer.concat([
        frame.subarray(0, one.from),
        frame.subarray(middle, Math.max(middle, two.to)),
        frame.subarray(one.to, middle),
        frame.subarray(one.from, one.to),
        frame.subarray(Math.max(middle, two.to)),
      ]),
    );
  },
  'repeats a part': (frame, random) => {
    const { from, to } = range(frame, random);
    return withLength(Buffer.concat([frame.subarray(0, to), frame.subarray(from, to), frame.subarray(to)]));
  },
  'leaves a part out': (frame, random) => {
    const { from, to } = range(frame, random);
    return withLength(Buffer.concat([frame.subarray(0, from), frame.subarray(to)]));
  },
  'says it is another request': (frame, random) => {
    const changed = Buffer.from(frame);
    if (random.chance(0.5)) changed.writeInt16BE(random.between(-1, 90), 4);
    else changed.writeInt16BE(random.between(-1, 20), 6);
    return changed;
  },
  'ends like another request': (frame, random, other) => {
    const at = random.between(4, frame.length);
    return withLength(Buffer.concat([frame.subarray(0, at), other.subarray(Math.min(at, other.length))]));
  },
  'appends noise': (frame, random) => withLength(Buffer.concat([frame, random.bytes(random.between(1, 40))])),
};
const all = Object.values(mutations);

/** One to three of them, one after another. */
export function mutated(frame: Buffer, random: SeededRandom, other: Buffer): Buffer {
  let result = frame;
  do {
    if (result.length <= BODY_AT) return result;
    result = random.pick(all)(result, random, other);
  } while (random.chance(0.25));
  return result;
}
