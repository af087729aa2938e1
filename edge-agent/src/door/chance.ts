/** A number in [0, 1) that depends on nothing but its arguments: whole numbers, mixed as in the murmur3 finaliser. */
export function chance(seed: number, a: number, b = 0): number {
  let h = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(a | 0, 0x85ebca6b) ^ Math.imul(b | 0, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** Smooth noise in [0, 1) over the plane: chance at whole coordinates, blended between them. */
export function cloud(seed: number, x: number, y = 0): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [u, v] = [smooth(x - left), smooth(y - top)]
  const above = mix(chance(seed, left, top), chance(seed, left + 1, top), u)
  const below = mix(chance(seed, left, top + 1), chance(seed, left + 1, top + 1), u)
  return mix(above, below, v)
}

/** 0 at 0, 1 at 1, flat at both ends; clamped outside. */
export function smooth(t: number): number {
  const x = Math.min(1, Math.max(0, t))
  return x * x * (3 - 2 * x)
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t
}
