/**
 * Frames that are wrong against a whole broker on simulated ports: connections that send mutated requests in pieces, hang
 * up in the middle, and never wait. Meanwhile a well-behaved client asks for its answers in time, and in the end what it
 * wrote must be there, before and after a restart. One seed is one run.
 */
import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import type { Logger } from '../../../src/core/index.ts';
import { SeededRandom, type SimulatedDisk, Simulation } from '../../../src/lab/index.ts';
import { decodeResponse, joinGroup, peekCorrelationId } from '../../../src/wire/index.ts';
import { RawClient } from '../raw-client.ts';
import { BROKER, PORT, startBroker } from '../world.ts';
import { type Frame, FrameMaker } from './frames.ts';
import { mutated } from './mutations.ts';
import { Witness } from './witness.ts';

export interface FuzzOptions {
  readonly seed: string;
  readonly frames: number;
  /** Something that the broker cannot stand, planted on its disk. */
  readonly plant?: (disk: SimulatedDisk) => void;
}

export interface FuzzResult {
  readonly connections: number;
  /** Valid frames among them that were answered. */
  readonly answered: number;
  /** By the broker. */
  readonly hungUp: number;
  /** The most that was in use at one time, in bytes. */
  readonly memory: number;
}

const ATTACKER = 'attacker';
/** Left as they are: they keep the broker's state alive, so that the others meet something. */
const VALID_PART = 0.25;
const FRAMES_OF_A_CONNECTION = 30;
const FRAMES_BETWEEN_CHECKS = 200;
/** Heap and buffers. What the simulated disk and the traces hold is in it. */
const MEMORY_MAX = 600 * 1024 * 1024;

/** @throws Error that says what the broker did not stand, and its seed */
export async function fuzz({ seed, frames, plant }: FuzzOptions): Promise<FuzzResult> {
  const sim = new Simulation({ seed, keepEvents: 10 });
  const random = new SeededRandom(seed, 'fuzz');
  const faults: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (message, fields) => {
      // Without one it is a report: of a marker, say, that hostile markers have made impossible.
      if (fields?.error instanceof Error) faults.push(`${message} ${fields.error.stack ?? ''}`);
    },
  };
  const result = { connections: 0, answered: 0, hungUp: 0, memory: 0 };
  const run = async (): Promise<void> => {
    // Where topics can be deleted, the frames do not name those that the broker keeps its own state in.
    const settings = { 'delete.topic.enable': random.chance(0.5), 'auto.create.topics.enable': random.chance(0.5) };
    await startBroker(sim.node(BROKER), settings, logger);
    plant?.(sim.disk(BROKER));
    const witness = new Witness(sim);
    await witness.begin();
    const maker = new FrameMaker(random, { internalTopics: !settings['delete.topic.enable'] });
    maker.known.topicIds.push(...(await witness.makeTopics(['one', 'two'])));
    for (let sent = 0; sent < frames; ) {
      const connection = new Attack(await RawClient.connect(sim.node(ATTACKER).network, BROKER, PORT), maker, random);
      result.connections++;
      const most = Math.min(frames - sent, random.between(1, FRAMES_OF_A_CONNECTION));
      const before = sent;
      while (sent - before < most && !connection.closed) {
        connection.send();
        sent++;
        // A frame that is refused ends its connection: most are given the time to be met.
        if (random.chance(0.7)) await sim.sleep(random.fraction() * 5);
        if (sent % FRAMES_BETWEEN_CHECKS === 0) {
          await witness.check();
          const { heapUsed, arrayBuffers } = memoryUsage();
          result.memory = Math.max(result.memory, heapUsed + arrayBuffers);
          assert.ok(result.memory < MEMORY_MAX, `${result.memory} bytes of memory are in use`);
          assert.deepEqual(faults, [], 'the broker has no error of its own');
        }
      }
      if (random.chance(0.7)) await sim.sleep(random.fraction() * 10);
      result.answered += connection.finish();
      if (connection.closed) result.hungUp++;
      connection.close();
    }
    await witness.check();
    await witness.readAll();
    sim.kill(BROKER);
    await startBroker(sim.restart(BROKER), settings, logger);
    await witness.check();
    await witness.readAll();
    assert.deepEqual(faults, [], 'the broker has no error of its own');
  };
  await sim.run(run, { untilMs: Number.POSITIVE_INFINITY, mostEvents: Number.POSITIVE_INFINITY });
  return result;
}

/** One hostile connection. */
class Attack {
  private readonly client: RawClient;
  private readonly maker: FrameMaker;
  private readonly random: SeededRandom;
  private readonly valid = new Map<number, Frame>();

  constructor(client: RawClient, maker: FrameMaker, random: SeededRandom) {
    this.client = client;
    this.maker = maker;
    this.random = random;
  }

  get closed(): boolean {
    return this.client.closed;
  }

  send(): void {
    const { random, maker } = this;
    const frame = maker.next();
    let bytes: Uint8Array = frame.bytes;
    if (random.chance(VALID_PART)) this.valid.set(frame.correlationId, frame);
    else bytes = mutated(frame.bytes, random, maker.next().bytes);
    if (bytes.length > 1 && random.chance(0.2)) {
      const at = random.between(1, bytes.length - 1);
      this.client.write(bytes.subarray(0, at));
      this.client.write(bytes.subarray(at));
    } else {
      this.client.write(bytes);
    }
  }

  /** Reads what has come: an answer to a valid frame is one. Returns how many there were. */
  finish(): number {
    let answered = 0;
    for (const answer of this.client.answers) {
      const frame = this.valid.get(peekCorrelationId(answer));
      if (frame === undefined) continue;
      const { body } = decodeResponse(frame.api, frame.version, answer);
      answered++;
      if (frame.api.key === joinGroup.key) this.learn(body as { readonly memberId: string });
    }
    return answered;
  }

  close(): void {
    this.client.close();
  }

  private learn({ memberId }: { readonly memberId: string }): void {
    const { memberIds } = this.maker.known;
    if (memberId === '' || memberIds.includes(memberId)) return;
    memberIds.push(memberId);
    if (memberIds.length > 5) memberIds.shift();
  }
}
