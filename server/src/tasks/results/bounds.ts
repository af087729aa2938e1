/** What a result may be: more is refused before it takes memory or time. */

/** Of a file of any kind; the task's own limit on what it writes is mostly lower. */
export const MOST_BYTES = 4e9
export const MOST_ROWS = 20_000_000
export const MOST_COLUMNS = 2000
/** Of one cell, a name or a description, in characters. */
export const MOST_CELL = 65_536
/** Of one row, in characters or bytes. */
export const MOST_ROW = 4 << 20
/** Of JSON and of XML: so deep no result needs to be, and whatever handles it after us goes as deep as it is. */
export const MOST_DEPTH = 200

/** What of a result stands in the answer itself rather than only in a file: it is stored in the database. In bytes of JSON. */
export const MOST_INLINE_BYTES = 1 << 20
/** Rows of a table that stand in the answer itself. */
export const MOST_INLINE_ROWS = 1000
