# bash completion for the Internet Server Agent: options, verbs, and the identifiers of this node.
# To be read by bash (source), or put into the folder of bash-completion under the names of the commands.

# The options of each command and what stands for their values, in the order of the help: a row each. They are the product's
# own tables (core/src/cli); the test `consistency` says what belongs here.
_clp_isa_httpmon=(-s=SERVER -n=PORT -i=INTERVAL -c=RETRIES -r=TIMEOUT '-v=1.0|1.1' -h=REQUEST-URI --once --plugin)
_clp_isa_smtpmon=(-s=SERVER -n=PORT -i=INTERVAL -c=RETRIES -r=TIMEOUT --once --plugin)
_clp_isa_verbs=(--stop=WAIT --pause --resume --disp --del)
_clp_isa_lcnsc=(-i -i=FILE -l -d=SERIAL -p=ISAG10)
_clp_isa_status=(--json --watch)
_clp_isa_alerts=(-n=N -f --json)
_clp_isa_metrics=()

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

# _clp_isa_names ROW...: sets `names` to the options' names, each once.
_clp_isa_names() {
    local row
    names=
    for row; do
        [[ " $names " == *" ${row%%=*} "* ]] || names+=" ${row%%=*}"
    done
}

# _clp_isa_value ROW...: completes the value of the option in front of the current word; fails if that takes none. What has
# a digit is to be given as it stands.
_clp_isa_value() {
    local before=${COMP_WORDS[COMP_CWORD - 1]} row
    for row; do
        case $row in
        "$before=SERVER") mapfile -t COMPREPLY < <(compgen -A hostname -- "${COMP_WORDS[COMP_CWORD]}") ;;
        "$before="*[0-9]*)
            row=${row#*=}
            _clp_isa_words "${row//|/ }"
            ;;
        "$before="*) COMPREPLY=() ;;
        *) continue ;;
        esac
        return 0
    done
    return 1
}

# _clp_isa_monitor FIRST ROW...: FIRST is the index of the identifier.
_clp_isa_monitor() {
    local first=$1 before=${COMP_WORDS[COMP_CWORD - 1]} names options word
    shift
    if ((COMP_CWORD == first)); then
        _clp_isa_words "$(_clp_isa_identifiers) --help --version"
        return
    fi
    _clp_isa_names "$@"
    options=$names
    _clp_isa_names "${_clp_isa_verbs[@]}"
    if [[ " $names " == *" $before "* ]]; then
        COMPREPLY=()
    elif ! _clp_isa_value "$@"; then
        # A verb stands alone, and each option once.
        if ((COMP_CWORD == first + 1)); then
            options+=$names
        fi
        for word in "${COMP_WORDS[@]:first:COMP_CWORD-first}"; do
            options=" $options "
            options=${options/ $word / }
        done
        _clp_isa_words "$options"
    fi
}

# _clp_isa_license FIRST
_clp_isa_license() {
    local first=$1 names
    if ((COMP_CWORD == first)); then
        _clp_isa_names "${_clp_isa_lcnsc[@]}"
        _clp_isa_words "$names --help --version"
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -i ]]; then
        mapfile -t COMPREPLY < <(compgen -f -W "-p" -- "${COMP_WORDS[COMP_CWORD]}")
    else
        _clp_isa_value "${_clp_isa_lcnsc[@]}" || _clp_isa_words "-p"
    fi
}

# _clp_isa_view IDENTIFIERS ROW...
_clp_isa_view() {
    local identifiers=$1 names
    shift
    _clp_isa_names "$@"
    _clp_isa_value "$@" || _clp_isa_words "$identifiers $names --help --version"
}

_clp_httpmon() {
    _clp_isa_monitor 1 "${_clp_isa_httpmon[@]}"
}

_clp_smtpmon() {
    _clp_isa_monitor 1 "${_clp_isa_smtpmon[@]}"
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
    httpmon) _clp_isa_monitor 2 "${_clp_isa_httpmon[@]}" ;;
    smtpmon) _clp_isa_monitor 2 "${_clp_isa_smtpmon[@]}" ;;
    lcnsc) _clp_isa_license 2 ;;
    status) _clp_isa_view "$(_clp_isa_identifiers)" "${_clp_isa_status[@]}" ;;
    alerts) _clp_isa_view "" "${_clp_isa_alerts[@]}" ;;
    metrics) _clp_isa_view "" "${_clp_isa_metrics[@]}" ;;
    *) COMPREPLY=() ;;
    esac
}

complete -F _clp_httpmon clp_httpmon
complete -F _clp_smtpmon clp_smtpmon
complete -F _clplcnsc clplcnsc
complete -F _clp_isa clp_isa
