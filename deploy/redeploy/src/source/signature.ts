import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RedeploySettings } from '../settings.ts'
import { RedeployError } from '../step.ts'
import { answerOf, type Git, lastLines } from './git.ts'
import type { Revision } from './revision.ts'

/** Who vouches for a revision, and with what. */
export interface Signature {
  on: 'tag' | 'commit'
  /** As `allowed_signers` names whoever signed. */
  signer: string
  /** `SHA256:...` */
  key: string
}

const GOOD = /^Good "git" signature for (\S+) with \S+ key (SHA256:\S+)$/m
const OF_STRANGER = /^Good "git" signature with \S+ key (SHA256:\S+)$/m
const OUT_OF_TIME = /: (key (?:has expired|is not yet valid): .+)$/m

const MOST_BYTES = 1024 * 1024

type Signers = Pick<RedeploySettings, 'signersFile'>

/**
 * Who signed a revision: its tag, else its commit.
 * @returns null where nobody did, or not with an SSH key
 * @throws RedeployError `bad_signature`, `unknown_signer`, `no_signers`, `bad_ref`
 */
export async function signatureOf(git: Git, revision: Revision, settings: Signers): Promise<Signature | null> {
  if (revision.isAnnotatedTag) {
    const text = await objectText(git, 'tag', revision.object)
    checkTag(text, revision)
    if (text.includes('\n-----BEGIN SSH SIGNATURE-----')) return verified(git, 'tag', revision.object, settings)
  }
  const commit = await objectText(git, 'commit', revision.commit)
  const [headers = ''] = commit.split('\n\n')
  if (!/\ngpgsig(-sha256)? -----BEGIN SSH SIGNATURE-----/.test(headers)) return null
  return verified(git, 'commit', revision.commit, settings)
}

/** Anybody who writes to the remote can make one that fills the memory. */
async function objectText(git: Git, type: 'tag' | 'commit', object: string): Promise<string> {
  const bytes = Number(await answerOf(git, ['cat-file', '-s', object]))
  if (bytes <= MOST_BYTES) return answerOf(git, ['cat-file', type, object])
  throw new RedeployError('bad_ref', 'caller', `the ${type} ${object} has ${bytes} bytes: nobody writes as much`)
}

/** The name is signed too, and git does not look at it: the tag of an old release, given the name of a new one, would pass. */
function checkTag(text: string, { name, commit }: Revision) {
  const [, object, type, signedName] = /^object (\S+)\ntype (\S+)\ntag (.+)\n/.exec(text) ?? []
  if (type !== 'commit' || object !== commit)
    throw new RedeployError('bad_ref', 'caller', `the tag ${name} names no commit`)
  if (signedName !== name)
    throw new RedeployError('bad_signature', 'caller', `the tag ${name} was made and signed as ${signedName}`)
}

async function verified(git: Git, on: Signature['on'], object: string, settings: Signers): Promise<Signature> {
  checkSigners(settings)
  const revoked = revokedKeysOf(settings)
  const { code, said } = await verify(git, on, object, settings, revoked)
  const [, signer, key] = GOOD.exec(said) ?? []
  if (code === 0 && signer !== undefined && key !== undefined) return { on, signer, key }
  const [, stranger] = OF_STRANGER.exec(said) ?? []
  if (stranger !== undefined) {
    const [, outOfTime] = OUT_OF_TIME.exec(said) ?? []
    const why = outOfTime ?? `it is not in ${settings.signersFile}`
    throw new RedeployError('unknown_signer', 'caller', `the ${on} is signed with the key ${stranger}: ${why}`)
  }
  // git does not say that a key is revoked, only that nothing was verified.
  const [, revokedSigner] = revoked ? (GOOD.exec((await verify(git, on, object, settings, null)).said) ?? []) : []
  if (revokedSigner !== undefined)
    throw new RedeployError(
      'unknown_signer',
      'caller',
      `the ${on} is signed with a key of ${revokedSigner} that ${revoked} revokes`,
    )
  throw new RedeployError(
    'bad_signature',
    'caller',
    `the signature of the ${on} is not good: ${lastLines(said) || 'no word'}`,
  )
}

async function verify(git: Git, on: Signature['on'], object: string, { signersFile }: Signers, revoked: string | null) {
  const config = {
    'gpg.format': 'ssh',
    'gpg.minTrustLevel': 'fully',
    'gpg.ssh.program': 'ssh-keygen',
    'gpg.ssh.allowedSignersFile': signersFile,
    ...(revoked === null ? {} : { 'gpg.ssh.revocationFile': revoked }),
  }
  const { code, stderr } = await git([`verify-${on}`, object], { config })
  return { code, said: stderr }
}

function checkSigners({ signersFile }: Signers) {
  let text: string
  try {
    text = readFileSync(signersFile, 'utf8')
  } catch (error) {
    throw new RedeployError('no_signers', 'environment', `nobody may sign: ${(error as Error).message}`)
  }
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line)))
    throw new RedeployError('no_signers', 'environment', `nobody may sign: ${signersFile} names no key`)
}

function revokedKeysOf({ signersFile }: Signers): string | null {
  const file = join(dirname(signersFile), 'revoked_keys')
  return existsSync(file) ? file : null
}
