import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files in `operations/` whose operation is not imported by the list, or does not stand in it. @param root of the repository */
export function unlisted(root: string): string[] {
  const folder = join(root, 'server/src/datasessions')
  const list = readFileSync(join(folder, 'operations.ts'), 'utf8')
  const inList = new Set([...list.matchAll(/^ {2}(\w+),$/gm)].map(([, constant]) => constant))
  const imports = [...list.matchAll(/^import \{ (\w+) \} from '\.\/operations\/(.+)'$/gm)]
  const files = new Set(imports.filter(([, constant]) => inList.has(constant)).map(([, , file]) => file))
  return readdirSync(join(folder, 'operations')).filter((file) => !files.has(file))
}
