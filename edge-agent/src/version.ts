/** What `ajar/{device}/status` names as the agent's version. */
export const VERSION = '0.1.0'

/** No frame can be older than the program that captured it: a clock before this has not been set yet (guarantee 5). */
export const BUILT_AT_MS = Date.parse('2026-01-01T00:00:00Z')
