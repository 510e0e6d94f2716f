import ArgumentParser

/// The shells' completion scripts: the parser's, and with them words without a command, which are `explore`'s.
enum CompletionScript {
    /// The script for a shell.
    static func text(for shell: CompletionShell) -> String {
        let script = Getam.completionScript(for: shell)
        switch shell {
        case .bash: return script + "\n\n" + bash
        case .zsh:
            // The parser's script ends by running or registering its function, which this one takes the place of.
            guard let end = script.range(of: "\nif [[ \"${funcstack[1]}\"", options: .backwards) else { return script }
            return script[..<end.lowerBound] + "\n" + zsh
        default: return script + "\n\n" + fish
        }
    }

    private static var commands: String {
        (Getam.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]).joined(separator: " ")
    }

    private static var bash: String {
        """
        # A line without a command is completed as if it said explore.
        __getam_line() {
            if [[ "${COMP_CWORD}" -gt 1 && " \(commands) " == *" ${COMP_WORDS[1]} "* ]]; then
                _getam "${@}"
                return
            fi
            local -a commands=()
            if [[ "${COMP_CWORD}" -eq 1 && "${2}" != -* ]]; then
                _getam "${@}"
                commands=("${COMPREPLY[@]}")
                COMPREPLY=()
            fi
            local -a words=("${COMP_WORDS[0]}" explore "${COMP_WORDS[@]:1}")
            local -i word=$((COMP_CWORD + 1)) point=$((COMP_POINT + 8))
            local line="${COMP_LINE/#"${COMP_WORDS[0]}"/"${COMP_WORDS[0]} explore"}"
            local -a COMP_WORDS=("${words[@]}")
            local COMP_CWORD="${word}" COMP_POINT="${point}" COMP_LINE="${line}"
            _getam "${@}"
            COMPREPLY=("${commands[@]}" "${COMPREPLY[@]}")
        }

        complete -o filenames -F __getam_line getam
        """
    }

    private static var zsh: String {
        """
        # Folders among the candidates stay open for what lies in them.
        __getam_complete() {
            local -ar folders=("${(M)@:#*/}") others=("${@:#*/}")
            (( ${#folders} )) && compadd -S '' -- "${folders[@]//\\\\:/:}"
            (( ${#others} )) && _describe -V '' others
        }

        # A line without a command is completed as if it said explore.
        __getam_line() {
            local -ar commands=(\(commands))
            if (( CURRENT > 2 )) && (( ${commands[(Ie)${words[2]}]} )); then
                _getam "${@}"
                return
            fi
            local -i ret=1
            if (( CURRENT == 2 )) && [[ "${words[2]}" != -* ]]; then
                _getam "${@}" && ret=0
            fi
            words[1]=("${words[1]}" explore)
            (( CURRENT++ ))
            _getam "${@}" && ret=0
            return "${ret}"
        }

        if [[ "${funcstack[1]}" = _getam ]]; then
            __getam_line "${@}"
        fi
        compdef __getam_line getam
        """
    }

    private static var fish: String {
        """
        # A line without a command is completed as if it said explore.
        function __getam_tokens
            if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
                set -f tokens (commandline --tokens-raw $argv)
            else
                set -f tokens (commandline -o $argv)
            end
            if string match -q -- '*p*' "$argv"; and test (count $tokens) -gt 1; and not contains -- $tokens[2] \(commands)
                set tokens $tokens[1] explore $tokens[2..]
            end
            test (count $tokens) -gt 0; and printf %s\\n $tokens
        end
        complete -c getam -n '__getam_should_offer_completions_for_positional "getam" -eq 1' -F
        """
    }
}
