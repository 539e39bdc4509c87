/** Formats in both directions between our client and npm's other clients, on our broker. */

import { kafkajsPeer } from './formats/kafkajs-peer.ts';
import { platformaticPeer } from './formats/platformatic-peer.ts';
import { formatScenarios } from './formats/scenarios.ts';
import { startOurBroker } from './our-broker.ts';

formatScenarios('our broker', startOurBroker, [kafkajsPeer(), platformaticPeer()]);
