/** Fetch sessions (KIP-227): made, continued, changed and lost. */
import { type FetchRequestInput, fetch } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, fetchRequest, send } from './requests.ts';

export const sessionsScript = script('fetch sessions', {
  'a session answers what has changed': async (on) => {
    for (const version of on.versions(fetch, 7)) {
      const name = `session-${version}`;
      const topic = { name, id: await on.topic(name, { partitions: 3 }) };
      await send(on, topic, batch(['a']));
      const both = [0, 1].map((partition) => ({ partition, fetchOffset: 0 }));
      const ask = (request: FetchRequestInput, sessionId: number, sessionEpoch: number, as: string) =>
        on.call(fetch, version, { ...request, sessionId, sessionEpoch }, { as });
      const { sessionId } = await ask(fetchRequest(topic, both), 0, 0, 'a new session');
      const nothing = { ...fetchRequest(topic, []), topics: [] };
      await ask(nothing, sessionId, 1, 'the same again');
      await ask(fetchRequest(topic, [{ partition: 0, fetchOffset: 1 }]), sessionId, 2, 'further on');
      await ask(nothing, sessionId, 3, 'nothing is new');
      await send(on, topic, batch(['b']), { partition: 1 });
      await ask(nothing, sessionId, 4, 'the other partition has something');
      await ask(nothing, sessionId, 5, 'and has it still');
      const forgottenTopicsData = [{ topic: name, topicId: topic.id, partitions: [1] }];
      await ask({ ...nothing, forgottenTopicsData }, sessionId, 6, 'it is forgotten');
      await ask(fetchRequest(topic, [{ partition: 2, fetchOffset: 0 }]), sessionId, 7, 'a third one');
      await ask(fetchRequest(topic, [{ partition: 2, fetchOffset: 9 }]), sessionId, 8, 'out of range');
      await ask(nothing, sessionId, 9, 'out of range still');
      await ask(nothing, sessionId, 12, 'an epoch too far');
      await ask(nothing, sessionId, 9, 'an epoch of before');
      await ask(nothing, sessionId, 10, 'the right epoch after that');
      await ask(fetchRequest(topic, both), sessionId, -1, 'the session is closed');
      await ask(nothing, sessionId, 11, 'and gone');
    }
  },

  'sessions that are not there': async (on) => {
    const topic = { name: 'session-missing', id: await on.topic('session-missing') };
    const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 0 }]);
    for (const version of on.versions(fetch, 7)) {
      await on.call(fetch, version, { ...body, sessionId: 123_456, sessionEpoch: 1 }, { as: 'not known' });
      await on.call(fetch, version, { ...body, sessionId: 123_456, sessionEpoch: 0 }, { as: 'not known, made anew' });
      await on.call(fetch, version, { ...body, sessionId: 123_456, sessionEpoch: -1 }, { as: 'not known, closed' });
      await on.call(fetch, version, { ...body, sessionId: 0, sessionEpoch: 5 }, { as: 'none, in the middle' });
    }
  },

  'a session over topics that are not there, and one that goes': async (on) => {
    for (const version of on.versions(fetch, 7)) {
      const missing = { name: 'session-no-such-topic', id: 'AAAAAAAAAAAAAAAAAAAAEA' };
      const body = fetchRequest(missing, [{ partition: 0, fetchOffset: 0 }]);
      const { sessionId } = await on.call(fetch, version, { ...body, sessionId: 0, sessionEpoch: 0 }, { as: 'new' });
      const nothing = { ...body, topics: [], sessionId, sessionEpoch: 1 };
      await on.call(fetch, version, nothing, { as: 'again' });
    }
  },

  'a topic that is deleted, and made again, during a session': async (on) => {
    const topic = { name: 'session-again', id: await on.topic('session-again') };
    const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 0 }]);
    const { sessionId } = await on.call(fetch, 13, { ...body, sessionId: 0, sessionEpoch: 0 }, { as: 'new' });
    await on.removeTopic(topic.name);
    await on.topic(topic.name);
    await on.call(fetch, 13, { ...body, topics: [], sessionId, sessionEpoch: 1 }, { as: 'of the old topic' });
  },

  'a topic by its name in a session by ids': async (on) => {
    const topic = { name: 'session-mixed', id: await on.topic('session-mixed') };
    const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 0 }]);
    const { sessionId } = await on.call(fetch, 12, { ...body, sessionId: 0, sessionEpoch: 0 }, { as: 'by name' });
    await on.call(fetch, 13, { ...body, sessionId, sessionEpoch: 1 }, { as: 'then by id' });
    const other = await on.call(fetch, 13, { ...body, sessionId: 0, sessionEpoch: 0 }, { as: 'by id' });
    await on.call(fetch, 12, { ...body, sessionId: other.sessionId, sessionEpoch: 1 }, { as: 'then by name' });
  },
});
