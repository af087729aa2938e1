const ISO =
  /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/i

/** ISO 8601, of UTC where it does not say otherwise. @returns milliseconds UTC, or undefined where it is no time */
export function parsedTime(text: string): number | undefined {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = ISO.exec(text) ?? []
  if (year === undefined) return undefined
  const parts = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number]
  const [y, mon, d, h, min, s] = parts
  const at = new Date(Date.UTC(y, mon - 1, d, h, min, s, Number(fraction.padEnd(3, '0').slice(0, 3))))
  const isOne = at.getUTCMonth() === mon - 1 && at.getUTCDate() === d && h < 24 && min < 60 && s < 60
  if (!isOne) return undefined
  const [, sign = '+', zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  const zoneMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000
  return at.getTime() - (sign === '-' ? -zoneMs : zoneMs)
}
