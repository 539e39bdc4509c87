/** The settings of connections and metadata in tests of those alone. */
import type { ConnectionConfig } from '../connections/runtime.ts';

export function connectionConfig(changed: Partial<ConnectionConfig> = {}): ConnectionConfig {
  return {
    bootstrapServers: ['broker:9092'],
    clientId: 'test',
    requestTimeoutMs: 1000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1000,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 1000,
    socketConnectionSetupTimeoutMs: 1000,
    socketConnectionSetupTimeoutMaxMs: 4000,
    connectionsMaxIdleMs: 540_000,
    clientDnsLookup: 'use_all_dns_ips',
    metadataMaxAgeMs: 300_000,
    metadataRecoveryStrategy: 'rebootstrap',
    metadataRecoveryRebootstrapTriggerMs: 300_000,
    maxResponseBytes: 100_000,
    ...changed,
  };
}
