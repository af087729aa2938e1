import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { ALLOWED } from '../src/sandbox/seccomp/allowed.ts'
import { IDLE, REFUSED } from '../src/sandbox/seccomp/refused.ts'
import { filtered } from './sandbox/filtered.ts'

const CALLS = fileURLToPath(new URL('./sandbox/calls.c', import.meta.url))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ajar-seccomp-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Of calls.c: what each call is answered under the filter. */
const ANSWERS: Record<string, string> = {
  'socket-unix': 'done',
  'socket-inet': 'EPERM',
  'socket-inet6': 'EPERM',
  'socket-netlink': 'EPERM',
  'socket-packet': 'EPERM',
  'socket-vsock': 'EPERM',
  'socket-alg': 'EPERM',
  'socket-bluetooth': 'EPERM',
  'socket-upper-bits': 'EPERM',
  clone: 'done',
  'clone-newns': 'EPERM',
  'clone-newcgroup': 'EPERM',
  'clone-newuts': 'EPERM',
  'clone-newipc': 'EPERM',
  'clone-newuser': 'EPERM',
  'clone-newpid': 'EPERM',
  'clone-newnet': 'EPERM',
  'clone-newuser-newnet': 'EPERM',
  clone3: 'ENOSYS',
  unshare: 'EPERM',
  setns: 'EPERM',
  mount: 'EPERM',
  umount2: 'EPERM',
  pivot_root: 'EPERM',
  chroot: 'EPERM',
  fsopen: 'EPERM',
  open_tree: 'EPERM',
  ptrace: 'EPERM',
  process_vm_readv: 'EPERM',
  pidfd_getfd: 'EPERM',
  kcmp: 'EPERM',
  bpf: 'EPERM',
  perf_event_open: 'EPERM',
  userfaultfd: 'EPERM',
  io_uring_setup: 'EPERM',
  keyctl: 'EPERM',
  add_key: 'EPERM',
  seccomp: 'EPERM',
  setuid: 'EPERM',
  syslog: 'EPERM',
  reboot: 'EPERM',
  tiocsti: 'EPERM',
  'tiocsti-upper-bits': 'EPERM',
  tioclinux: 'EPERM',
  'ioctl-fiemap': 'ENOSYS',
  personality: 'done',
  'personality-read-implies-exec': 'ENOSYS',
  'prctl-name': 'done',
  'prctl-speculation': 'ENOSYS',
  'mknod-fifo': 'done',
  'mknod-device': 'ENOSYS',
  sync: 'done',
  fsync: 'done',
  openat: 'done',
  lock: 'done',
  'lock-upper-bits': 'done',
  'lock-waiting': 'done',
  'lock-held': 'no',
  'lock-of-open-file': 'done',
  flock: 'done',
  lease: 'EPERM',
  notify: 'EPERM',
  'fcntl-that-is-none': 'ENOSYS',
  duplicate: 'done',
  nonblocking: 'done',
  direct: 'EINVAL',
  'direct-later': 'EINVAL',
  openat2: 'ENOSYS',
  'mmap-huge': 'ENOMEM',
  memfd: 'done',
  'memfd-huge': 'ENOMEM',
  shmget: 'done',
  'shmget-huge': 'ENOMEM',
  semget: 'EPERM',
  setsockopt: 'done',
  'setsockopt-filter': 'ENOSYS',
  'setrlimit-core': 'done',
  'prlimit-core': 'done',
  'prlimit-core-upper-bits': 'done',
  'prlimit-core-read': 'done',
  'core-limit': 'kept',
  'prlimit-files': 'done',
  sched_setattr: 'ENOSYS',
  'number-that-is-none': 'ENOSYS',
  ...(process.arch === 'x64' && { i386: 'killed', x32: 'killed' }),
}

describe('the filter of system calls', () => {
  test('answers each call as it should, and those of foreign architectures by ending the process', (context) => {
    needsProgram('bwrap', 'bubblewrap', context)
    needsProgram('gcc', 'gcc', context)
    const compiled = spawnSync('gcc', ['-O1', '-o', join(folder, 'calls'), CALLS], { encoding: 'utf8' })
    expect(compiled.stderr).toBe('')
    const { stdout } = filtered(['/shown/calls'], folder)
    expect(answersOf(stdout)).toEqual(ANSWERS)
    // The same calls where nothing filters them: else the table above would hold by the namespaces alone.
    const unfiltered = answersOf(filtered(['/shown/calls'], folder, false).stdout)
    const stopped = Object.keys(ANSWERS).filter((name) => ANSWERS[name] !== unfiltered[name])
    expect(stopped).toEqual(
      expect.arrayContaining([
        ...['socket-inet', 'clone-newuser', 'unshare', 'ioctl-fiemap', 'ptrace', 'lock-held', 'flock', 'openat2'],
        ...['mmap-huge', 'memfd-huge', 'shmget-huge', 'semget', 'setsockopt-filter', 'core-limit'],
      ]),
    )
  })

  test('lists no call twice, so that no rule hides another', () => {
    const all = [...ALLOWED, ...REFUSED, ...IDLE]
    expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([])
  })
})

/** A program in each language, with threads or children where that is what its runtime is likely to be refused. */
const PROGRAMS: {
  what: string
  needs: [program: string, debianPackage: string][]
  file: string
  text: string
  run: string
  prints: string
}[] = [
  {
    what: 'C, compiled by gcc',
    needs: [['gcc', 'gcc']],
    file: 'main.c',
    text: '#include <stdio.h>\n#include <pthread.h>\nstatic void *f(void *x){puts("thread");return x;}\nint main(void){pthread_t t;pthread_create(&t,0,f,0);pthread_join(t,0);puts("c");}\n',
    run: 'gcc -pthread -o /box/main main.c && /box/main',
    prints: 'thread\nc\n',
  },
  {
    what: 'C++, compiled by g++',
    needs: [['g++', 'g++']],
    file: 'main.cc',
    text: '#include <iostream>\n#include <thread>\nint main(){std::thread t([]{std::cout<<"thread\\n";});t.join();try{throw 1;}catch(int){std::cout<<"c++\\n";}}\n',
    run: 'g++ -pthread -o /box/main main.cc && /box/main',
    prints: 'thread\nc++\n',
  },
  {
    what: 'Ada with a task, built by gprbuild and by gnatmake',
    needs: [
      ['gprbuild', 'gprbuild'],
      ['gnatmake', 'gnat'],
    ],
    file: 'main.adb',
    text: 'with Ada.Text_IO; use Ada.Text_IO;\nprocedure Main is\n   task T;\n   task body T is begin Put_Line ("task"); end T;\nbegin\n   while not T\'Terminated loop delay 0.01; end loop;\n   Put_Line ("ada");\nend Main;\n',
    run: 'cp main.adb /box; cd /box; echo \'project P is for Main use ("main.adb"); end P;\' > p.gpr; gprbuild -q p.gpr && ./main && gnatmake -q -f main.adb && ./main',
    prints: 'task\nada\ntask\nada\n',
  },
  {
    what: 'Python with a thread and processes',
    needs: [['python3', 'python3']],
    file: 'main.py',
    text: 'import subprocess, threading, multiprocessing, tempfile, sqlite3\ndef f(): print("thread", flush=True)\nt = threading.Thread(target=f); t.start(); t.join()\nprint(subprocess.check_output(["echo", "child"]).decode(), end="", flush=True)\np = multiprocessing.Process(target=print, args=("process",)); p.start(); p.join()\nwith tempfile.NamedTemporaryFile() as file:\n    base = sqlite3.connect(file.name); base.execute("create table t(a)"); base.commit()\nprint("python")\n',
    run: 'python3 main.py',
    prints: 'thread\nchild\nprocess\npython\n',
  },
  {
    what: 'TypeScript in Node with a worker thread and a child',
    needs: [],
    file: 'main.ts',
    text: 'import { execFileSync } from "node:child_process"\nimport { once } from "node:events"\nimport { writeFileSync, watch } from "node:fs"\nimport { Worker } from "node:worker_threads"\nconst worker: Worker = new Worker("console.log(\'thread\')", { eval: true, stdout: true })\nworker.stdout.pipe(process.stdout)\nawait once(worker, "exit")\nprocess.stdout.write(execFileSync("echo", ["child"]))\nwatch("/box").close()\nwriteFileSync("/box/x", "node\\n", { flush: true })\nconsole.log("node")\n',
    run: '/node main.ts',
    prints: 'thread\nchild\nnode\n',
  },
  {
    what: 'Python with locks of files, a database of two connections, a pool, queues and asyncio',
    needs: [['python3', 'python3']],
    file: 'many.py',
    text: `import asyncio, fcntl, mmap, multiprocessing, os, resource, selectors, signal, socket, sqlite3, tempfile
def double(n): return 2 * n
async def main():
    child = await asyncio.create_subprocess_exec("echo", "child", stdout=asyncio.subprocess.PIPE)
    print((await child.stdout.read()).decode(), end="")
    server = await asyncio.start_unix_server(lambda reader, writer: (writer.write(b"served"), writer.close()), "/box/s")
    reader, writer = await asyncio.open_unix_connection("/box/s")
    print((await reader.read()).decode())
    server.close()
if __name__ == "__main__":
    os.chdir("/box")
    with open("locked", "w+") as file:
        fcntl.flock(file, fcntl.LOCK_EX); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.lockf(file, fcntl.LOCK_UN)
    for mode in "delete", "wal":
        one, two = (sqlite3.connect("base.db", isolation_level=None) for _ in range(2))
        one.execute(f"pragma journal_mode={mode}")
        one.execute("create table if not exists t(a)"); one.execute("insert into t values (1)")
        print(mode, two.execute("select count(*) from t").fetchone()[0])
        one.close(); two.close()
    with multiprocessing.Pool(2) as pool: print(pool.map(double, [1, 2]))
    queue = multiprocessing.Queue(); queue.put("queue"); print(queue.get())
    with multiprocessing.Manager() as manager: print(manager.list([3]))
    mapped = mmap.mmap(-1, 1 << 22); mapped[0] = 1
    with selectors.DefaultSelector() as selector: selector.select(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    print(resource.getrlimit(resource.RLIMIT_NOFILE))
    try: socket.create_connection(("127.0.0.1", 80))
    except PermissionError: print("no network")
    asyncio.run(main())
`,
    run: 'python3 many.py',
    prints: 'delete 1\nwal 2\n[2, 4]\nqueue\n[3]\n(64, 64)\nno network\nchild\nserved\n',
  },
  {
    what: 'Node that is refused the network, and copies, appends, reads in streams and forks',
    needs: [],
    file: 'many.mjs',
    text: `import { fork } from "node:child_process"
import { once } from "node:events"
import { appendFileSync, createReadStream, readFileSync } from "node:fs"
import { copyFile, cp, mkdtemp, open, rm } from "node:fs/promises"
if (process.send) { process.send("forked"); process.disconnect() }
else {
  await fetch("http://127.0.0.1:8080").catch((error) => console.log(error.message, error.cause.code))
  const folder = await mkdtemp("/box/x")
  appendFileSync(folder + "/a", "appended"); await copyFile(folder + "/a", folder + "/b"); await cp(folder, folder + "-2", { recursive: true })
  for await (const chunk of createReadStream(folder + "-2/b")) console.log(String(chunk))
  const file = await open(folder + "/a", "r+"); await file.truncate(6); await file.sync(); await file.close()
  console.log(readFileSync(folder + "/a", "utf8"))
  await rm(folder, { recursive: true })
  console.log((await once(fork(process.argv[1]), "message"))[0])
}
`,
    run: '/node many.mjs',
    prints: 'fetch failed EPERM\nappended\nappend\nforked\n',
  },
  {
    what: 'bash with pipes, a pipe with a name and an archive',
    needs: [['bash', 'bash']],
    file: 'main.sh',
    text: 'set -eu\ncd /box\nmkfifo f\n(echo fifo > f &)\ncat f\ncp -a f g\nmkdir d; echo x > d/x\ntar c d | tar x\nsync d/x\necho ab | tr a-z A-Z | tee x\nfor i in 1 2 3; do echo $i; done | sort -r | head -1\nset -o pipefail\n[[ ab == a* ]] && cat <(echo read)\n',
    run: 'bash main.sh',
    prints: 'fifo\nAB\n3\nread\n',
  },
]

describe('under the filter of system calls', () => {
  test.for(PROGRAMS)('$what runs', { timeout: 120_000 }, ({ needs, file, text, run, prints }, context) => {
    needsProgram('bwrap', 'bubblewrap', context)
    for (const [program, debianPackage] of needs) needsProgram(program, debianPackage, context)
    writeFileSync(join(folder, file), text)
    const { stdout, stderr, status } = filtered(['/bin/sh', '-c', `cd /shown; ${run}`], folder)
    expect({ stdout, status }, stderr).toEqual({ stdout: prints, status: 0 })
  })
})

function answersOf(stdout: string): Record<string, string> {
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )
}
