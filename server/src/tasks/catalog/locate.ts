import type { Language } from '../task.ts'
import { commandFor } from './command.ts'
import { formsIn } from './forms.ts'
import { lookOnce } from './identity.ts'
import { Interpreters } from './interpreters.ts'
import { readManifest } from './manifest.ts'
import { Sniffed } from './sniffed.ts'

/** Where a task is, and what is started to run it. */
export interface Located {
  /** Its program; null where its manifest says what is run. */
  file: string | null
  language: Language
  command: string[]
}

/**
 * Finds a task without a process to describe it: for who runs it once and ends.
 * @param ownFolder the operator's, whose tasks go first, or null
 * @returns why it cannot be run; undefined where there is none of that name
 */
export async function locate(
  name: string,
  { ownFolder, folder, path = process.env.PATH ?? '' }: { ownFolder: string | null; folder: string; path?: string },
): Promise<Located | { error: string } | undefined> {
  for (const one of ownFolder === null ? [folder] : [ownFolder, folder]) {
    try {
      const [form] = await formsIn(one, { look: lookOnce(), isRunnable: new Sniffed().isRunnable }, name)
      if (!form) continue
      if (form.error) return { error: form.error }
      const manifest = form.manifest ? await readManifest(form.manifest) : {}
      const { language, command } = await commandFor(form, manifest, form.manifest, new Interpreters(path), null, [])
      return { file: manifest.run ? null : (form.program?.path ?? null), language, command }
    } catch (error) {
      return { error: (error as Error).message }
    }
  }
  return undefined
}
