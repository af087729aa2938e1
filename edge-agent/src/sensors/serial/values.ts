/** How the lines of a port are read. */
export const FORMATS = ['numbers', 'csi'] as const
export type Format = (typeof FORMATS)[number]

/** What a reading holds at most (`Reading` of the protocol). */
const MOST_NUMBERS = 4096
/** `[1,2,3]`, and `3,[1,2,3]` of firmware that writes the count before it. */
const LINE = /^(?:(\d{1,6}),)?\s*(\[.*\])$/

/** Of the 64 pairs that a packet has, those that carry something: 6 to 58. */
const FIRST_PAIR = 6
const PAIRS = 53
const RAW_INTEGERS = 128
/** Four decimals: an eighth of a thousandth of the least step that a sum of squares of whole numbers can have. */
const DECIMALS = 1e4

/** The reading of a line, or why it is none, in words. */
export function readingOf(line: string, format: Format): { value: number | number[] } | { wrong: string } {
  const [, count, list = ''] = LINE.exec(line) ?? []
  const numbers = numbersOf(list)
  if (!numbers) return { wrong: 'it is no JSON list of numbers' }
  if (count !== undefined && Number(count) !== numbers.length)
    return { wrong: `it says ${count} numbers and has ${numbers.length}` }
  return format === 'csi' ? channelOf(numbers) : { value: numbers.length === 1 ? (numbers[0] as number) : numbers }
}

/** 1 to 4096 finite numbers, or null. */
function numbersOf(list: string): number[] | null {
  try {
    const parsed: unknown = JSON.parse(list)
    const fits = Array.isArray(parsed) && parsed.length > 0 && parsed.length <= MOST_NUMBERS
    return fits && parsed.every((one) => Number.isFinite(one)) ? parsed : null
  } catch {
    return null
  }
}

/** The 53 amplitudes and 53 phases of a Wi-Fi channel from a packet's raw pairs of int8: all 128, or the 106 from the 13th on. */
function channelOf(raw: number[]): { value: number[] } | { wrong: string } {
  const first = raw.length === RAW_INTEGERS ? FIRST_PAIR * 2 : 0
  if (raw.length !== RAW_INTEGERS && raw.length !== PAIRS * 2)
    return { wrong: `it has ${raw.length} numbers, where the channel of a packet has 128 or 106` }
  if (!raw.every((one) => Number.isInteger(one) && one >= -128 && one <= 127))
    return { wrong: 'it has numbers that are none of -128 to 127' }
  const pairs = Array.from({ length: PAIRS }, (_, i) => [raw[first + 2 * i] ?? 0, raw[first + 2 * i + 1] ?? 0] as const)
  const amplitudes = pairs.map(([a, b]) => rounded(Math.hypot(a, b)))
  const phases = pairs.map(([a, b]) => rounded(Math.atan2(a, b)))
  return { value: [...amplitudes, ...phases] }
}

function rounded(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS
}
