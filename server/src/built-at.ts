/** Nothing was stored before this program was built: a clock before this had not been set yet (guarantee 5). */
export const BUILT_AT_MS = Date.parse('2026-01-01T00:00:00Z')
