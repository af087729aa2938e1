import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { codeDocsRoutes } from '../src/http/code-docs.ts'
import { createHttp } from '../src/http/http.ts'
import { createLog } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('the reference of the code is served beside that of the API, and says how it is built where it is not', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const dist = join(folder, 'dist')
  const http = await createHttp({ log: createLog('silent'), maxFrameBytes: 1, authenticate: () => null })
  onTestFinished(() => http.close())
  await codeDocsRoutes(http, dist)

  expect((await http.inject('/docs/code')).headers.location).toBe('/docs/code/')
  const missing = await http.inject('/docs/code/')
  expect(missing.statusCode).toBe(503)
  expect(missing.body).toContain('npm run docs')

  await mkdir(join(dist, 'modules'), { recursive: true })
  await writeFile(join(dist, 'index.html'), 'all packages')
  await writeFile(join(dist, 'modules', 'broker.html'), 'one package')
  await writeFile(join(folder, 'secret'), 'not for anybody')
  expect((await http.inject('/docs/code/?from=console')).body).toBe('all packages')
  const page = await http.inject('/docs/code/modules/broker.html')
  expect(page.body).toBe('one package')
  expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  for (const path of ['/docs/code/nowhere.html', '/docs/code/../secret', '/docs/code/..%2fsecret'])
    expect((await http.inject(path)).statusCode, path).toBeGreaterThanOrEqual(403)
  expect((await http.inject('/docs/json')).statusCode).toBe(200)
})
