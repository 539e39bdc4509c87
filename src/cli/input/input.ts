/** What the main job is fed: JSON texts, one for each record, in chunks. */
export interface Input {
  /** Shown to people and written into the report. */
  readonly name: string;
  /** How far the reading is, between 0 and 1; undefined when the size is not known. */
  progress(): number | undefined;
  /**
   * Reads once, from the start. A record is the text of one JSON value.
   * @throws Refusal for what cannot be read
   */
  chunks(): AsyncIterable<readonly string[]>;
}
