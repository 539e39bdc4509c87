/** Which of a broker's addresses a client is told: that of the listener by which it came. */
import type { BrokerEndpoint, BrokerImage } from '../../controller/index.ts';

export function endpointFor({ endpoints }: BrokerImage, listenerName: string): BrokerEndpoint {
  return endpoints.find(({ name }) => name === listenerName) ?? endpoints[0]!;
}
