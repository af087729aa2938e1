import { readFile } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** @returns null where there is no such file, or none of that shape; fields that it does not name are ignored */
export async function readJson<T extends TSchema>(file: string, shape: T): Promise<Static<T> | null> {
  return shaped(await readFile(file, 'utf8').catch(() => ''), shape)
}

/** @returns null where the text is no JSON of that shape */
export function shaped<T extends TSchema>(text: string, shape: T): Static<T> | null {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(shape, value) ? value : null
  } catch {
    return null
  }
}
