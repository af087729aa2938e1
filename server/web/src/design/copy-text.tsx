import { useRef, useState } from 'preact/hooks'
import { Button } from './elements.tsx'
import './copy-text.css'

const SAID_MS = 2000

interface CopyTextProps {
  label: string
  text: string
  autoFocus?: boolean
  onCopied?(): void
}

/** Text to be taken elsewhere as it stands, with a button that copies it. */
export function CopyText({ label, text, autoFocus = false, onCopied }: CopyTextProps) {
  const block = useRef<HTMLPreElement>(null)
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await copyText(text, block.current))) return
    setCopied(true)
    onCopied?.()
    setTimeout(() => setCopied(false), SAID_MS)
  }
  return (
    <div class="copy-text">
      <div>
        <span>{label}</span>
        <Button autoFocus={autoFocus} onClick={() => void copy()} aria-label={`Copy: ${label}`}>
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
        </Button>
      </div>
      <pre ref={block} class="line-to-copy">
        <code>{text}</code>
      </pre>
    </div>
  )
}

/** Pages that came without TLS have no clipboard of the newer kind: there the text is selected and copied as by hand. */
export async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  if (navigator.clipboard) {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
    if (isDone) return true
  }
  if (!shown) return false
  getSelection()?.selectAllChildren(shown)
  return document.execCommand('copy')
}
