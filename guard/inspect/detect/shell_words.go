package detect

// What a word means where a shell expects a command.
const (
	sharp   = 1 << iota // a program whose name is no word of a human language
	dull                // a program or builtin whose name people also write
	waits               // takes a number or a host as its argument
	leads               // runs the command that follows it
	dosish              // of Windows: options begin with a slash
	assigns             // takes name=value
	lists               // stands in a list in braces, where a comma ends it
	pages               // shows what it is given, and nothing without
)

// commands are programs that POSIX, GNU, BSD and Windows systems have.
var commands = func() *words {
	t := vocabulary(sharp, `whoami ifconfig ipconfig netstat nslookup wget curl uname chmod chown chgrp chattr bash zsh ksh csh tcsh rbash nc ncat netcat telnet
		tracert traceroute systeminfo tasklist taskkill hostname certutil bitsadmin mshta wscript cscript regsvr32 rundll32 wmic schtasks crontab
		mkfifo mknod getent lsof xxd base64 base32 awk gawk mawk nawk sed egrep fgrep zgrep grep printenv lwp-download lwp-request lynx lsb_release
		dmesg iptables mkdir rmdir ssh scp sftp rsync ftp tftp openssl socat busybox perl python python2 python3 ruby php php-cgi nmap tcpdump
		useradd usermod passwd strace ltrace tac uniq gunzip gzip bzip2 unxz xz zcat bzcat vim nano lsattr lsblk lscpu lspci
		pgrep pkill killall systemctl journalctl mysqldump psql sqlite3 mysql gcc printf readlink realpath basename dirname pwd chroot
		findstr icacls cacls attrib vssadmin netsh nbtstat getmac whois ifup ifdown apt-get dpkg yum rpm fping mtr hping3 wpad
		invoke-expression invoke-webrequest iex iwr irm icm gwmi iwmi invoke-command invoke-wmimethod invoke-restmethod get-wmiobject start-job import-module add-type out-file get-content get-process get-childitem start-process new-object write-host start-sleep net1
		rvim rview gimp-console nodejs ghc jrunscript jjs lua5.3 ansible ansible-playbook cscli visudo chef-client lastlog cpulimit flock lwp-mirror
		expr xargs mawk setarch unshare nsenter capsh csplit openvt rlwrap tclsh wish expect zypper pacman snap docker kubectl podman crictl ls`, nil)
	vocabulary(dull, `cat id w who last find sort date more less head tail type dir set env echo sleep ping ping6 host dig kill top at test net reg
		ver copy move del erase start watch cut split join look man touch file link read wait let print true false yes fold paste expand
		comm column strings install make rm mv cp ln dd df du ps sh wc tr nl od rev ed vi ex ash dash fish source export unset alias
		history groups finger users uptime free mount stat cd tar zip unzip pr tee shutdown reboot halt logger mail ip ss arp route as ld
		cc go node lua irb java javac tree assoc path query sc at ren md rd if for while case until timeout perf bridge trap ulimit umask
		declare local return exit break shift times pushd popd dirs fg bg jobs bind complete hash help type diff cmp patch truncate shred base62`, t)
	vocabulary(waits, "expr sleep ping ping6 fping host dig nslookup kill timeout start-sleep nc ncat telnet tracert traceroute whois curl wget", t)
	vocabulary(leads|dull, "sudo doas time nohup exec eval command builtin nice ionice stdbuf setsid xargs env call start busybox then do else coproc unbuffer", t)
	vocabulary(pages, "more less", t)
	vocabulary(assigns, "alias export declare dd env", t)
	vocabulary(dosish, "set for timeout echo ping", t)
	vocabulary(sharp|dosish, "cmd powershell pwsh", t)
	return vocabulary(dull|dosish, "dir type del net reg copy move ren ver", t) // of Windows and of prose as well
}()
