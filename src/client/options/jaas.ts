/**
 * Reads `sasl.jaas.config`, the form in which Kafka's Java clients are given credentials: a login module's class, a flag,
 * `name=value` pairs, a semicolon. No error shows any of its text, for there is a password in it.
 */

export interface JaasEntry {
  /** The module's class, without its package. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

const FORM =
  'the form is `org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";`';
const FLAGS = new Set(['required', 'requisite', 'sufficient', 'optional']);

/** A word, a quoted text with escapes, or one of the two signs. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"'=;]+)|([=;]))/sy;

interface Token {
  readonly text: string;
  readonly sign: boolean;
}

/** @throws Error naming what is missing and the form */
export function parseJaas(config: string): JaasEntry {
  const tokens = tokensOf(config);
  const [module, flag] = tokens;
  if (module === undefined || module.sign) throw new Error(`it does not begin with a login module: ${FORM}`);
  if (flag === undefined || !FLAGS.has(flag.text.toLowerCase())) {
    throw new Error(`there is no control flag (required) behind the login module: ${FORM}`);
  }
  const options = new Map<string, string>();
  let at = 2;
  while (at < tokens.length && tokens[at]!.text !== ';') {
    const [name, equals, value] = tokens.slice(at, at + 3);
    if (name === undefined || name.sign || !equals?.sign || equals.text !== '=' || value === undefined || value.sign) {
      throw new Error(`an option behind the login module is not name="value": ${FORM}`);
    }
    options.set(name.text, value.text);
    at += 3;
  }
  if (at >= tokens.length) throw new Error(`the semicolon at the end is missing: ${FORM}`);
  if (at < tokens.length - 1) throw new Error('there is more than one login module: give one');
  return { module: module.text.split('.').at(-1)!, options };
}

function tokensOf(config: string): Token[] {
  const tokens: Token[] = [];
  const end = config.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(config);
    if (match === null) throw new Error(`a quotation mark is not closed: ${FORM}`);
    const [, double, single, word, sign] = match;
    const quoted = double ?? single;
    tokens.push({
      text: quoted === undefined ? (word ?? sign)! : quoted.replace(/\\(.)/gs, '$1'),
      sign: sign !== undefined,
    });
  }
  return tokens;
}
