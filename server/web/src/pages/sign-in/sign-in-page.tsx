import { useEffect, useRef, useState } from 'preact/hooks'
import { useConsole } from '../../console.ts'
import { Button, Field } from '../../design/elements.tsx'
import icon from '../../design/icon.svg'
import type { Credentials } from '../../session/session.ts'
import { signInFault, tokenIn } from './fault.ts'
import './sign-in.css'

type Way = 'token' | 'password'
const WAYS: Record<Way, string> = { token: 'Token', password: 'Name and password' }

/** Stands at whatever address one wanted to go to: that page comes as soon as one is signed in. */
export function SignInPage() {
  const { router, session } = useConsole()
  const [way, take] = useState<Way>('token')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  const who = session.who.value
  useEffect(() => first.current?.focus(), [way])
  useEffect(() => {
    if (who && router.route.value.page === 'sign-in') router.go('/', { instead: true })
  }, [who])

  const signIn = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await session.signIn(credentialsOf(new FormData(event.target as HTMLFormElement)))
    } catch (fault) {
      setError(signInFault(fault))
      setBusy(false)
      first.current?.select()
    }
  }

  const fault = session.linkFault.value
  return (
    <main class="sign-in">
      <form class="card" aria-labelledby="sign-in-title" onSubmit={(event) => void signIn(event)}>
        <header>
          <img src={icon} alt="" width="40" height="40" />
          <h1 id="sign-in-title">Sign in to ajar</h1>
        </header>
        {fault && (
          <div class="link-fault" role="alert">
            <p>The link did not sign you in. {signInFault(fault)}</p>
            {session.canTryLinkAgain && <Button onClick={() => void session.tryLinkAgain()}>Try again</Button>}
          </div>
        )}
        <fieldset class="ways">
          <legend class="hidden-text">How to sign in</legend>
          {(Object.keys(WAYS) as Way[]).map((one) => (
            <button key={one} type="button" aria-pressed={way === one} onClick={() => take(one)}>
              {WAYS[one]}
            </button>
          ))}
        </fieldset>
        {way === 'token' ? (
          <Field
            label="Token"
            error={error}
            hint="The one of AJAR_ADMIN_TOKEN where the server has that; else what stands behind #token= in the link that its first start printed."
          >
            {(ids) => <input {...ids} ref={first} name="token" type="password" autocomplete="off" required />}
          </Field>
        ) : (
          <>
            <Field label="Name">
              {(ids) => (
                <input {...ids} ref={first} name="name" autocomplete="username" autocapitalize="none" required />
              )}
            </Field>
            <Field label="Password" error={error} hint="An admin adds people (POST /api/users).">
              {(ids) => <input {...ids} name="password" type="password" autocomplete="current-password" required />}
            </Field>
          </>
        )}
        <Button type="submit" kind="main" busy={busy}>
          Sign in
        </Button>
        <details>
          <summary>No token any more?</summary>
          <p>
            Start the server with <code>AJAR_ADMIN_TOKEN</code> set to a secret of your own, 16 characters or more, and
            sign in with that.
          </p>
        </details>
      </form>
    </main>
  )
}

function credentialsOf(form: FormData): Credentials {
  const text = (name: string) => String(form.get(name) ?? '')
  const token = text('token').trim()
  return token === '' ? { name: text('name').trim(), password: text('password') } : { token: tokenIn(token) }
}
