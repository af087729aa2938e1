import type { Card, Image } from '../image.ts'

/**
 * Shares of samples, of all planes, at the ends of what their type can tell: too dark and too bright to be told apart. Of floating
 * point it is known only where the header says at which level the detector is full (`SATURATE`); else NaN.
 */
export function clipped({ samples }: Image, cards: readonly Card[]): { dark: number; bright: number } {
  const [low, high] = limitsOf(samples, cards)
  let [dark, bright, count] = [0, 0, 0]
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (Number.isNaN(value)) continue
    count += 1
    if (value <= low) dark += 1
    if (value >= high) bright += 1
  }
  const share = (of: number, limit: number) => (Number.isNaN(limit) ? Number.NaN : of / count)
  return { dark: share(dark, low), bright: share(bright, high) }
}

function limitsOf(samples: Image['samples'], cards: readonly Card[]): [number, number] {
  const full = cards.find(({ keyword }) => keyword === 'SATURATE')?.value
  const told = typeof full === 'number' ? full : null
  if (samples instanceof Uint8Array) return [0, told ?? 255]
  if (samples instanceof Uint16Array) return [0, told ?? 65_535]
  if (samples instanceof Int16Array) return [-32_768, told ?? 32_767]
  if (samples instanceof Int32Array) return [-2_147_483_648, told ?? 2_147_483_647]
  return [Number.NaN, told ?? Number.NaN]
}
