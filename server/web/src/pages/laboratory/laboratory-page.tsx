import { useConsole } from '../../console.ts'
import { Empty } from '../../design/elements.tsx'
import { page } from '../../page.tsx'
import type { LaboratoryRoute } from '../../router/route.ts'
import { SessionsPage } from './sessions-page.tsx'
import './laboratory.css'

// Whoever looks for a session does not wait for what shows its pictures.
const SessionPage = page(async () => (await import('./session/session-page.tsx')).SessionPage)
const PicturePage = page(async () => (await import('./picture/picture-page.tsx')).PicturePage)

/** Data sessions: pictures gathered, what was computed of them, and what came of it. */
export function LaboratoryPage({ session, picture }: LaboratoryRoute) {
  if (!useConsole().session.canAnalyse.value)
    return (
      <Empty title="The laboratory needs the role analyst">
        <p>Ask somebody with the role admin: an analyst sees what a viewer sees, and works in the laboratory.</p>
      </Empty>
    )
  if (session === undefined) return <SessionsPage />
  if (picture === undefined) return <SessionPage id={session} />
  return <PicturePage session={session} picture={picture} />
}
