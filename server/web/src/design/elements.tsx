import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId } from 'preact/hooks'
import { clock } from './clock.ts'
import { ago, fullTime, utc } from './words.ts'

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'type'> & {
  /** `main` is the one thing to do here; `quiet` stands back; `danger` takes something away. */
  kind?: 'main' | 'plain' | 'quiet' | 'danger'
  type?: 'button' | 'submit'
  /** While it works it cannot be pressed again. */
  busy?: boolean
}

export function Button({ kind = 'plain', type = 'button', busy = false, disabled, class: more, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${kind} ${more ?? ''}`}
      disabled={busy || disabled === true}
      aria-busy={busy}
    />
  )
}

interface FieldProps {
  label: string
  /** What it is for, in a line. */
  hint?: string
  error?: string | null
  /** The control; it is given the ids that tie label, hint and error to it. */
  children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ComponentChildren
}

export function Field({ label, hint, error = null, children }: FieldProps) {
  const id = useId()
  const about = `${id}-about`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': error !== null })}
      <p id={about} class={error === null ? 'hint' : 'hint wrong'} role={error === null ? undefined : 'alert'}>
        {error ?? hint}
      </p>
    </div>
  )
}

/** Nothing is here yet: says so, and what to do next. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

interface FailedProps {
  title: string
  error: unknown
  onRetry(): void
}

const RETRY_MS = 3000

/** What a page is made of could not be loaded: says why, and tries again, by itself too. */
export function Failed({ title, error, onRetry }: FailedProps) {
  useEffect(() => {
    const retry = setTimeout(onRetry, RETRY_MS)
    return () => clearTimeout(retry)
  }, [error])
  return (
    <Empty title={title}>
      <p role="alert">{error instanceof Error ? error.message : String(error)}</p>
      <Button kind="main" onClick={() => onRetry()}>
        Try again
      </Button>
    </Empty>
  )
}

/** How long ago a moment was, counted on; the moment itself in its title. */
export function Age({ at }: { at: number }) {
  return <time {...moment(at)}>{ago(Math.max(0, clock.value - at))}</time>
}

/** A moment in the viewer's zone. */
export function Moment({ at, children }: { at: number; children: ComponentChildren }) {
  return <time {...moment(at)}>{children}</time>
}

function moment(at: number) {
  return { dateTime: utc(at), title: `${fullTime(at)}\n${utc(at)}` }
}

/** Says that something is on its way, after a moment: what comes at once does not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what} …
    </p>
  )
}
