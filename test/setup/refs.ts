/** Names of tags, branches and commits: server and redeployer judge each for themselves, and are to agree. */
export const REFS = [
  ...['main', 'v1.2.3', 'v1.2.3-rc.1+build', 'fix/door-7', 'feature/x_1', '_x', 'server@1', '0123456', '0123abc'],
  ...['0123456789abcdef0123456789abcdef01234567', 'a'.repeat(200)],
]

/** Options, paths, expressions, and what git takes for no name: none of them gets to git. */
export const NO_REFS = [
  ...['', ' ', 'a b', 'main\n', 'main\n--upload-pack=x', 'a\0b', 'a'.repeat(201)],
  ...['-v', '-h', '--upload-pack=touch /tmp/x', 'ext::sh -c x', '$(id)', 'tür', 'ä'],
  ...['../..', 'a/../b', 'a..b', '/etc/passwd', './x', '.hidden', 'a//b', 'a/.b', 'a/', 'a.', 'a.lock', 'a.lock/b'],
  ...[
    '@',
    '@{-1}',
    'main@{1}',
    'HEAD@{1}',
    'HEAD~1',
    'HEAD^{tree}',
    'main^',
    '^main',
    ':/message',
    'main:package.json',
  ],
  ...['*', 'v1*', 'v[1]', 'a?b'],
]
