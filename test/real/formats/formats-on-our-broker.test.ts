/** Formats in both directions between our client, kcat and Java's, on our broker. */
import { formatScenarios } from '../../conformance/formats/scenarios.ts';
import { startOurBroker } from '../../conformance/our-broker.ts';
import { javaPeer } from './java-peer.ts';
import { kcatPeer } from './kcat-peer.ts';

formatScenarios('our broker', startOurBroker, [kcatPeer(), javaPeer()]);
