# bash completion for the Internet Server Agent: options, verbs, and the identifiers of this node.
# To be read by bash (source), or put into the folder of bash-completion under the names of the commands.

# The identifiers that there is something to, one a line; none for a user who may not see them.
_clp_isa_identifiers() {
    local folder="${CLP_ISA_ROOT-}/var/run/clp_isa/id" file
    for file in "$folder"/*; do
        [[ -e $file ]] && printf '%s\n' "${file##*/}"
    done
}

# _clp_isa_words WORDS: those that the current word begins.
_clp_isa_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

# _clp_isa_monitor FIRST OPTIONS: FIRST is the index of the identifier.
_clp_isa_monitor() {
    local first=$1 options=$2 before=${COMP_WORDS[COMP_CWORD - 1]} word
    if ((COMP_CWORD == first)); then
        _clp_isa_words "$(_clp_isa_identifiers) --help --version"
        return
    fi
    case $before in
    -s) mapfile -t COMPREPLY < <(compgen -A hostname -- "${COMP_WORDS[COMP_CWORD]}") ;;
    -v) _clp_isa_words "1.0 1.1" ;;
    -n | -i | -c | -r | -h | --stop | --pause | --resume | --disp | --del) COMPREPLY=() ;;
    *)
        # A verb stands alone, and each option once.
        if ((COMP_CWORD == first + 1)); then
            options+=" --stop --pause --resume --disp --del"
        fi
        for word in "${COMP_WORDS[@]:first:COMP_CWORD-first}"; do
            options=" $options "
            options=${options/ $word / }
        done
        _clp_isa_words "$options"
        ;;
    esac
}

# _clp_isa_license FIRST
_clp_isa_license() {
    local first=$1 before=${COMP_WORDS[COMP_CWORD - 1]}
    if ((COMP_CWORD == first)); then
        _clp_isa_words "-i -l -d -p --help --version"
        return
    fi
    case $before in
    -p) _clp_isa_words "ISAG10" ;;
    -d) COMPREPLY=() ;;
    -i) mapfile -t COMPREPLY < <(compgen -f -W "-p" -- "${COMP_WORDS[COMP_CWORD]}") ;;
    *) _clp_isa_words "-p" ;;
    esac
}

_clp_httpmon() {
    _clp_isa_monitor 1 "-s -n -i -c -r -v -h --once --plugin"
}

_clp_smtpmon() {
    _clp_isa_monitor 1 "-s -n -i -c -r --once --plugin"
}

_clplcnsc() {
    _clp_isa_license 1
}

_clp_isa() {
    if ((COMP_CWORD == 1)); then
        _clp_isa_words "httpmon smtpmon lcnsc status alerts metrics --help --version"
        return
    fi
    case ${COMP_WORDS[1]} in
    httpmon) _clp_isa_monitor 2 "-s -n -i -c -r -v -h --once --plugin" ;;
    smtpmon) _clp_isa_monitor 2 "-s -n -i -c -r --once --plugin" ;;
    lcnsc) _clp_isa_license 2 ;;
    status) _clp_isa_words "$(_clp_isa_identifiers) --json --watch --help --version" ;;
    alerts)
        if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -n ]]; then
            COMPREPLY=()
        else
            _clp_isa_words "-n -f --json --help --version"
        fi
        ;;
    metrics) _clp_isa_words "--help --version" ;;
    *) COMPREPLY=() ;;
    esac
}

complete -F _clp_httpmon clp_httpmon
complete -F _clp_smtpmon clp_smtpmon
complete -F _clplcnsc clplcnsc
complete -F _clp_isa clp_isa
