import { expect, test } from 'vitest'
import { hiderOf, withoutSecrets } from '../../src/programs/without-secrets.ts'

test.each([
  ['a ssh://u:p@h/x https://t@h:1/y@z', 'a ssh://h/x https://h:1/y@z'],
  ['https://u:p@ss@host/x', 'https://host/x'],
  ["fatal: 'https://host/x?private_token=t0ken&x=1' is none", "fatal: 'https://host/x' is none"],
  ['https://host/x#t0ken', 'https://host/x'],
  ['git@host:x.git stays, as does a@b.c', 'git@host:x.git stays, as does a@b.c'],
])('of %s, %s is shown', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown)
})

test.each([
  ['https://somebody:hush%40-hush@host/x', 'denied for hush@-hush and hush%40-hush', 'denied for *** and ***'],
  ['https://ghp_0123@host/x', 'Authorization: ghp_0123', 'Authorization: ***'],
  ['https://host/x?private_token=t0ken&ref=main', 't0ken of main', '*** of main'],
  ['https://u:p@ss@host/x', 'no p@ss here', 'no *** here'],
  ['ssh://git-user@host/x', 'git-user', 'git-user'],
  ['https://u:a@host/x', 'a word', 'a word'],
])('what signs in to %s is hidden in any text', (remote, text, shown) => {
  expect(hiderOf(remote)(text)).toBe(shown)
})
