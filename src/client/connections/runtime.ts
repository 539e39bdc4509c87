/** What every room of the client shares: the ports, the logger, the instruments, and the timing of requests and retries. */
import {
  type Clock,
  type Crypto,
  type Logger,
  type Network,
  type Random,
  silentLogger,
  type Timers,
} from '../../core/index.ts';
import { nodePorts } from '../../node/index.ts';
import { Instruments } from '../observability/instruments.ts';
import type { DnsLookup, RecoveryStrategy, Surroundings } from '../options/common.ts';
import type { Security } from '../options/security.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly network: Network;
  readonly crypto: Crypto;
  readonly logger: Logger;
  /** What is counted and told of the client that this is. */
  readonly instruments: Instruments;
}

/** The real ports where the user gave none. */
export function runtimeOf({ ports, logger }: Surroundings, instruments = new Instruments(logger)): Runtime {
  const real = nodePorts();
  return {
    clock: ports?.clock ?? real.clock,
    timers: ports?.timers ?? real.timers,
    random: ports?.random ?? real.random,
    network: ports?.network ?? real.network,
    crypto: ports?.crypto ?? real.crypto,
    logger: logger ?? silentLogger,
    instruments,
  };
}

/** The options that connections and retries obey; each client's options have them. */
export interface ConnectionConfig {
  readonly bootstrapServers: readonly string[];
  readonly clientId: string | null;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  readonly socketConnectionSetupTimeoutMs: number;
  readonly socketConnectionSetupTimeoutMaxMs: number;
  readonly connectionsMaxIdleMs: number;
  readonly clientDnsLookup: DnsLookup;
  readonly metadataMaxAgeMs: number;
  readonly metadataRecoveryStrategy: RecoveryStrategy;
  readonly metadataRecoveryRebootstrapTriggerMs: number;
  readonly maxResponseBytes: number;
  /** Absent: neither TLS nor a login. */
  readonly security?: Security | undefined;
}

/** Doubles from `baseMs` to `maxMs` with each failure, give or take 20 % (KIP-580). `failures` starts at 1. */
export function backoffMs(random: Random, baseMs: number, maxMs: number, failures: number): number {
  const exact = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return exact * (0.8 + (random.uint32() / 4294967296) * 0.4);
}
