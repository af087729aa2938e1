import type { AlertBody, KindBody } from '../../api/alert-bodies.ts'
import { SeveritySign } from '../../design/severity-sign.tsx'
import { cameraPath } from '../../router/route.ts'

/** Leads to what it is about. */
export function SubjectLink({ subject, of }: { subject: string; of: KindBody['subject'] | undefined }) {
  if (subject.includes('/')) return <a href={cameraPath(subject)}>{subject}</a>
  if (of === 'device' || (of === undefined && subject !== 'server')) return <a href="/devices">{subject}</a>
  return <span>the server</span>
}

/** What it found, of what, by which rule. */
export function AlertWords({ alert, kind }: { alert: AlertBody; kind: KindBody | undefined }) {
  const { name, severity, subject, text } = alert
  return (
    <div class="alert-words">
      <p class="alert-head">
        <SeveritySign severity={severity} />
        <strong>{name}</strong>
        <SubjectLink subject={subject} of={kind?.subject} />
      </p>
      <p class="alert-text">{text}</p>
    </div>
  )
}
