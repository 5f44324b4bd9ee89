# fish completion for wfctl: the words come from `wfctl __complete`.

function __wfctl_words
    set -l given (commandline -opc)
    set -e given[1]
    set -l current (commandline -ct)
    for line in (wfctl __complete $given "$current" 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path "$current"
            case ':dir'
                __fish_complete_directories "$current"
            case '*'
                if string match -q -- '--*=*' "$current"
                    echo (string replace -r '=.*' '=' -- "$current")$line
                else
                    echo $line
                end
        end
    end
end

complete -c wfctl -f -a '(__wfctl_words)'
