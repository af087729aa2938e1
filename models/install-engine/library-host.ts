import { ModelsError } from '../src/models-error.ts'

const HOST = 'https://storage.googleapis.com/'
const VERSION = '2.9.1'
const LIMIT_MS = 15_000

/** Where the library is, and how another place for it is named. */
export interface Library {
  url: URL
  /** The variable that names a mirror: which one tfjs-node reads depends on the platform. */
  mirroredBy: string
}

/**
 * Where tfjs-node 4.22 downloads TensorFlow's C library from (its scripts/install.js), a mirror included.
 * @throws ModelsError `engine_unavailable` where TensorFlow publishes none for this platform
 */
export function libraryFor(platform: string, arch: string, environment: Record<string, string | undefined>): Library {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw refused(`there is no library for ${platform} on ${arch}, only for Linux on x64 and arm64`)
  }
  const host = environment.TFJS_NODE_CDN_STORAGE || HOST
  const base = environment.TFJS_NODE_BASE_URI || `${host}tensorflow/libtensorflow/libtensorflow-`
  const [text, mirroredBy] =
    arch === 'x64'
      ? [`${base}cpu-linux-x86_64-${VERSION}.tar.gz`, 'TFJS_NODE_BASE_URI']
      : [`${host}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`, 'TFJS_NODE_CDN_STORAGE']
  const url = URL.parse(text)
  if (!url) throw refused(`${text} is no address: check TFJS_NODE_BASE_URI and TFJS_NODE_CDN_STORAGE`)
  return { url, mirroredBy }
}

/**
 * Asks for the library's head, so that a network without a way to it is told of before 300 MB of packages come.
 * @throws ModelsError `engine_unavailable`
 */
export async function checkHost({ url, mirroredBy }: Library): Promise<void> {
  const advice = `a mirror can be named by ${mirroredBy}`
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(LIMIT_MS) }).catch((error) => {
    throw refused(`${url.origin} cannot be reached (${error.cause?.message ?? error.message}); ${advice}`)
  })
  if (!answer.ok) throw refused(`${url} is not there (${answer.status}); ${advice}`)
}

function refused(message: string): ModelsError {
  return new ModelsError('engine_unavailable', 'environment', message)
}
