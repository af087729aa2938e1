import type { OutputFile } from '../../../api/laboratory-bodies.ts'
import { Loading } from '../../../design/elements.tsx'
import { pathOf } from '../session/operations.ts'
import { useText } from './use-text.ts'
import { Values } from './values.tsx'

/** Values that an operation wrote to a file. */
export function JsonFile({ file }: { file: OutputFile }) {
  const { text, isCut, fault } = useText(pathOf(file.json_url))
  if (fault !== null) return <p class="hint wrong">{fault}</p>
  if (text === null) return <Loading what="values" />
  if (isCut) return <p class="hint">It is too long to be shown here: download it.</p>
  return <Values value={JSON.parse(text)} />
}
