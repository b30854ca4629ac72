# Made by scripts/generate.ts from the tables of src/cli/args.ts.
_bustd() {
  local cur prev command="" words index
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $prev in
    -p|--psi) return ;;
    -u|--unkillables) return ;;
    -m|--mem) return ;;
    -M|--mem-size) return ;;
    -s|--swap) return ;;
    -S|--swap-size) return ;;
    --kill-after) return ;;
    --prefer) return ;;
    --avoid) return ;;
    --ignore) return ;;
    --oom-score-adj) COMPREPLY=($(compgen -W "respect discount-positive ignore" -- "$cur")); return ;;
    --pid-file) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --since) return ;;
    --until) return ;;
    --html) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --for) return ;;
    --sweep) return ;;
    -o|--output) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    -D|--directory) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ${COMP_WORDS[index]} in
      victims|doctor|check-config|import|announce|selftest|incidents|explain|report|top|status|record|replay|tune|notify|metrics|help|version) command=${COMP_WORDS[index]}; break ;;
    esac
  done
  if [[ $cur == -* ]]; then
    case $command in
      victims) words="-g --kill-pgroup -u --unkillables --prefer --avoid --ignore --ignore-root-user --sort-by-rss --oom-score-adj --no-default-rules --config --json -a --all -h --help" ;;
      doctor) words="--config --json -h --help" ;;
      check-config) words="--config -h --help" ;;
      import) words="-h --help" ;;
      announce) words="--config -D --directory -h --help" ;;
      selftest) words="-h --help" ;;
      incidents) words="--json --since --until -r --reverse -1 --newest --no-pager -D --directory -h --help" ;;
      explain) words="--json --since --until -r --reverse -1 --newest --no-pager -D --directory -h --help" ;;
      report) words="--html -D --directory -h --help" ;;
      top) words="-g --kill-pgroup -u --unkillables --prefer --avoid --ignore --ignore-root-user --sort-by-rss --oom-score-adj --no-default-rules --config --once -h --help" ;;
      status) words="--json -D --directory -h --help" ;;
      record) words="--for -h --help" ;;
      replay) words="-g --kill-pgroup -p --psi -u --unkillables -m --mem -M --mem-size -s --swap -S --swap-size --prefer --avoid --ignore --ignore-root-user --sort-by-rss --oom-score-adj --no-default-rules --config --json --sweep -D --directory -h --help" ;;
      tune) words="-g --kill-pgroup -p --psi -u --unkillables -m --mem -M --mem-size -s --swap -S --swap-size --prefer --avoid --ignore --ignore-root-user --sort-by-rss --oom-score-adj --no-default-rules --config --json -h --help" ;;
      notify) words="--watch -D --directory -h --help" ;;
      metrics) words="--openmetrics -o --output -D --directory -h --help" ;;
      help) words="-h --help" ;;
      version) words="-h --help" ;;
      *) words="-V --verbose --hourly -n --no-daemon -g --kill-pgroup -p --psi -u --unkillables -m --mem -M --mem-size -s --swap -S --swap-size --kill-after --prefer --avoid --ignore --ignore-root-user --sort-by-rss --oom-score-adj --no-default-rules --dry-run --no-trim --warn --announce --keep-cmdline --pid-file --config -h --help -v --version" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "victims doctor check-config import announce selftest incidents explain report top status record replay tune notify metrics help version" -- "$cur"))
  elif [[ $command == import && $prev == import ]]; then
    COMPREPLY=($(compgen -W "earlyoom nohang" -- "$cur"))
  elif [[ $command == help && $prev == help ]]; then
    COMPREPLY=($(compgen -W "victims doctor check-config import announce selftest incidents explain report top status record replay tune notify metrics help version" -- "$cur"))
  else
    case $command in
      check-config|import|record|tune) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
    esac
  fi
}
complete -F _bustd bustd
