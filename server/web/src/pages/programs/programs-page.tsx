import type { LanguagesBody } from '../../api/program-bodies.ts'
import { useConsole } from '../../console.ts'
import { Empty, Failed, Loading } from '../../design/elements.tsx'
import { useAnswer } from '../../use-answer.ts'
import { Bench } from './bench.tsx'
import '../laboratory/laboratory.css'
import './programs.css'

/** Programs of one's own: written here, run on the server, in a box. */
export function ProgramsPage() {
  if (useConsole().session.canAnalyse.value) return <Programs />
  return (
    <Empty title="Programs need the role analyst">
      <p>
        Ask somebody with the role admin: an analyst sees what a viewer sees, runs programs, and works in the
        laboratory.
      </p>
    </Empty>
  )
}

/** Whether programs can be run changes where an operator mends what is missing. */
const POLL_MS = 60_000

function Programs() {
  const { session } = useConsole()
  const { body, fault, load } = useAnswer<LanguagesBody>('/api/programs/languages', POLL_MS)
  const languages = body.value
  if (languages === null && fault.value !== null)
    return <Failed title="The languages could not be loaded" error={fault.value} onRetry={load} />
  if (languages === null) return <Loading what="languages" />
  if (!languages.available)
    return (
      <Empty title="Programs are switched off">
        <p class="why-off">{languages.reason ?? 'The server does not say why.'}</p>
      </Empty>
    )
  if (languages.items.length === 0)
    return (
      <Empty title="No language is installed">
        <p>Install one on the server, such as Debian&rsquo;s packages python3, gcc or gnat, and restart it.</p>
      </Empty>
    )
  return <Bench languages={languages} who={session.who.value?.name ?? ''} />
}
