import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useConsole } from '../../console.ts'
import { copyText } from '../../design/copy-text.tsx'
import { Button, Empty } from '../../design/elements.tsx'
import { LEVELS, LevelsForm, useLogging } from './levels-form.tsx'
import { textOf } from './line.ts'
import { countOf, LogFeed } from './log-feed.ts'
import { LogLines } from './log-lines.tsx'
import './logs.css'

const TYPING_MS = 300

/** What the server says while it works, line by line. */
export function LogsPage() {
  const { session } = useConsole()
  if (!session.canOperate.value)
    return (
      <Empty title="The log needs the role operator">
        <p>Ask somebody with the role operator or admin.</p>
      </Empty>
    )
  return <Logs />
}

function Logs() {
  const { session } = useConsole()
  const [logging, setLogging] = useLogging()
  const [level, setLevel] = useState('')
  const [component, setComponent] = useState('')
  const [text, setText] = useState('')
  const wanted = useSettled(text.trim())
  const feed = useMemo(() => new LogFeed(), [])
  useEffect(() => {
    feed.open({ level: level || undefined, component: component || undefined, text: wanted || undefined })
    return () => feed.close()
  }, [level, component, wanted])
  const entries = feed.entries.value
  const isPaused = feed.isPaused.value
  return (
    <div class="logs">
      <header class="head">
        <h1>Logs</h1>
        <p class="hint" role="status">
          {countOf(entries)}, {isPaused ? 'paused' : feed.isLive.value ? 'live' : 'not live'}
        </p>
      </header>
      <div class="filters">
        <label>
          Level
          <select value={level} onChange={({ currentTarget }) => setLevel(currentTarget.value)}>
            <option value="">all</option>
            {LEVELS.slice(1).map((one) => (
              <option key={one} value={one}>
                {one} and above
              </option>
            ))}
          </select>
        </label>
        <label>
          Component
          <select value={component} onChange={({ currentTarget }) => setComponent(currentTarget.value)}>
            <option value="">all</option>
            {Object.keys(logging?.components ?? {}).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label class="search">
          Text, or the id of a frame or job
          <input
            type="search"
            value={text}
            maxLength={200}
            spellcheck={false}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <div class="acts">
          <Button aria-pressed={isPaused} onClick={() => feed.setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
          <CopyLines text={() => textOf(feed.entries.peek())} />
          <Button onClick={() => feed.clear()}>Clear</Button>
        </div>
      </div>
      <LogLines entries={entries} />
      {logging && session.who.value?.role === 'admin' && <LevelsForm logging={logging} onChanged={setLogging} />}
    </div>
  )
}

/** Copies what is shown. Where there is no newer clipboard, it is selected and copied as by hand. */
function CopyLines({ text }: { text(): string }) {
  const { notices } = useConsole()
  const block = useRef<HTMLPreElement>(null)
  const copy = async () => {
    if (block.current) block.current.textContent = text()
    if (await copyText(text(), block.current)) notices.done('The lines that are shown were copied.')
    if (block.current) block.current.textContent = ''
  }
  return (
    <>
      <Button onClick={() => void copy()}>Copy</Button>
      <pre class="hidden-text" aria-hidden="true" ref={block} />
    </>
  )
}

/** The text once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, settle] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => settle(text), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
