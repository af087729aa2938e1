import { createHash } from 'node:crypto'

/**
 * Asks the server for the model that a sensor is asked with now.
 * @param {string | null} known sha256 of the manifest of the model at hand
 * @returns its files by name, each checked; null where the model at hand is still the one. Throws where there is none, or it is damaged
 */
export async function fetchModel({ server, token, sensor, known }) {
  const answer = await fetch(`${server}/api/sensors/${sensor}/model`, {
    headers: { authorization: `Bearer ${token}`, ...(known ? { 'if-none-match': `"${known}"` } : {}) },
  })
  if (answer.status === 304) return null
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  const files = unzipped(Buffer.from(await answer.arrayBuffer()))
  const sha256 = answer.headers.get('ajar-model-sha256')
  check(files, sha256)
  return { name: answer.headers.get('ajar-model'), sha256, files }
}

/** The header names the manifest's sha256, and the manifest that of every other file. */
function check(files, sha256) {
  const manifest = files.get('manifest.json')
  if (!manifest || sumOf(manifest) !== sha256) throw new Error('manifest.json is not what the server says it is')
  const { files: sums } = JSON.parse(manifest.toString())
  for (const [name, sum] of Object.entries(sums)) {
    const bytes = files.get(name)
    if (!bytes || sumOf(bytes) !== sum) throw new Error(`${name} is not what manifest.json says it is`)
  }
}

function sumOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The files of a zip in which nothing is compressed, as those of models are. */
function unzipped(zip) {
  const files = new Map()
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0) throw new Error('the answer is no zip')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 24)]
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field))
    if (method !== 0) throw new Error('a file of the zip is compressed')
    const local = zip.readUInt32LE(at + 42)
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    files.set(zip.toString('utf8', at + 46, at + 46 + name), zip.subarray(from, from + size))
    at += 46 + name + extra + comment
  }
  return files
}
