import { step as fetch } from '../../src/steps/fetch.ts'
import { step as verify } from '../../src/steps/verify.ts'
import type { Remote } from './remote.ts'

/** @returns who signed, null for nobody, or the code of the refusal */
export async function verdict(remote: Remote, ref: string | null, unsigned = false): Promise<string | null> {
  const context = remote.context(ref, { unsigned })
  await fetch(context)
  try {
    await verify(context)
    return context.run.signer
  } catch (error) {
    return (error as { code: string }).code
  }
}
