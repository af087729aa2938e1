import { join } from 'node:path'
import { type Card, type Image, type Samples, writeFits } from '@ajar/images'
import { temporaryFolder, type Undo } from '../temporary-folder.ts'

/** Numbers that look like chance and are the same each time: mulberry32. */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Normally distributed: Box and Muller's way. */
export function noise(random: () => number, sigma: number): number {
  return sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** A picture of what a function gives for each pixel. */
export function pictureOf<S extends Samples>(
  samples: S,
  width: number,
  planes: number,
  levelAt: (x: number, y: number, plane: number) => number,
): Image {
  const height = samples.length / width / planes
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++, at++) samples[at] = levelAt(x, y, plane)
  return { width, height, planes, samples }
}

/** Writes pictures as FITS. @returns their paths */
export async function written(undo: Undo, pictures: Record<string, Image>, cards: Card[] = []): Promise<string[]> {
  const folder = await temporaryFolder(undo)
  const paths: string[] = []
  for (const [name, image] of Object.entries(pictures)) {
    const path = join(folder, `${name}.fits`)
    await writeFits(path, image, cards)
    paths.push(path)
  }
  return paths
}
