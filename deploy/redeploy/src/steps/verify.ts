import { gitOf } from '../source/git.ts'
import { revisionOf } from '../source/revision.ts'
import { signatureOf } from '../source/signature.ts'
import { RedeployError, type Step } from '../step.ts'

/** Who signed what is to run is found out before anything of it is looked at. */
export const step: Step = async (context) => {
  const { settings, request, run, log } = context
  const git = gitOf(context)
  const revision = await revisionOf(git, run.ref)
  const signature = await signatureOf(git, revision, settings)
  if (signature !== null) {
    log('info', `The ${signature.on} is signed by ${signature.signer} with the key ${signature.key}`)
    if (request.ref === null && signature.on !== 'tag' && !settings.unsigned) throw notTagged(revision.name)
  } else if (settings.unsigned) {
    log('warn', `${revision.name} is not signed, and runs because AJAR_RELEASE_UNSIGNED=1`)
  } else {
    const message = `${revision.name} is not signed with an SSH key: sign its tag (git tag -s) or its commit (git commit -S)`
    throw new RedeployError('not_signed', 'caller', message)
  }
  context.change({ commit: revision.commit, signer: signature?.signer ?? null })
}

/** A tag that nobody signed says nothing of what is the newest: whoever writes to the remote put it there. */
function notTagged(tag: string): RedeployError {
  const message = `${tag} would be the newest version, but that tag is not signed: sign it (git tag -s), or ask for it by its name`
  return new RedeployError('not_signed', 'caller', message)
}
