import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Authority } from '../../test/setup/certificates.ts'
import { ownRoot } from '../src/tls/own-root.ts'

test('devices are given the root that a certificate file brings with it', async () => {
  const authority = await Authority.create(onTestFinished)
  const root = await readFile(authority.caFile, 'utf8')
  const leaf = await readFile((await authority.issue()).certFile, 'utf8')

  expect(ownRoot(leaf)).toBeNull()
  expect(ownRoot(root)).toBe(root)
  const given = new X509Certificate(ownRoot(leaf + root) ?? '')
  expect(given.fingerprint256).toBe(new X509Certificate(root).fingerprint256)
  expect(ownRoot('no certificate')).toBeNull()
})
