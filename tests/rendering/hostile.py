"""Templates that somebody might try: what may not compile, what reaches nothing, and what grows."""

from __future__ import annotations

from imcloud.rendering.expressions import MAX_SOURCE

REFUSED = [
    # calls
    "{{ inputs.items() }}", "{{ inputs.keys() }}", "{{ inputs.name.upper() }}", "{{ 'a'.format(1) }}", "{{ object() }}",
    "{{ ''.join(['a']) }}", "{{ inputs.get('id') }}", "{{ range(10) }}", "{{ dict(a=1) }}", "{{ (inputs)() }}",
    "{{ inputs['items']() }}", "{{ object.method() }}", "{{ inputs.name.format_map(inputs) }}",
    # names that Jinja or Python would bring along
    "{{ lipsum }}", "{{ cycler }}", "{{ joiner }}", "{{ namespace }}", "{{ self }}", "{{ loop }}", "{{ config }}",
    "{{ request }}", "{{ _ }}", "{{ __builtins__ }}", "{{ caller }}", "{{ varargs }}", "{{ super }}", "{{ open }}",
    "{{ context }}", "{{ environment }}", "{{ os }}", "{{ debug }}",
    # statements
    "{% for x in inputs.rows %}x{% endfor %}", "{% if inputs %}x{% endif %}", "{% set x = 1 %}", "{% include 'x' %}",
    "{% import 'os' as os %}", "{% from 'x' import y %}", "{% extends 'x' %}", "{% block a %}{% endblock %}",
    "{% macro m() %}{% endmacro %}", "{% call inputs() %}{% endcall %}", "{% filter upper %}x{% endfilter %}",
    "{% with x = 1 %}{% endwith %}", "{% autoescape false %}{% endautoescape %}", "{% do inputs %}", "{% debug %}",
    "{% trans %}x{% endtrans %}", "{% while true %}",
    # filters and tests that reach out
    "{{ inputs | attr('__class__') }}", "{{ inputs.name | format }}", "{{ '%s' | format(inputs) }}",
    "{{ inputs | pprint }}",
    "{{ inputs.name | center(900000000) }}", "{{ inputs.name | indent(99999) }}", "{{ inputs.rows | groupby('a') }}",
    "{{ inputs | xmlattr }}", "{{ inputs.name | safe }}", "{{ inputs.rows | random }}", "{{ inputs.rows | batch(1) }}",
    "{{ inputs.name | wordwrap(1) }}", "{{ inputs.name | urlize }}", "{{ inputs.name | filesizeformat }}",
    "{{ inputs is callable }}", "{{ inputs is filter }}", "{{ inputs is iterable }}", "{{ inputs is escaped }}",
    # arithmetic, slices and everything else that is not on the list
    "{{ 'x' * 400000000 }}", "{{ 9 ** 9 ** 9 }}", "{{ 1 + 1 }}", "{{ 1 / 0 }}", "{{ '%s' % inputs }}", "{{ 7 // 2 }}",
    "{{ inputs.rows[0:1] }}", "{{ inputs.rows[::-1] }}", "{{ (1, 2) }}", "{{ +1 }}", "{{ 2 - 1 }}",
    # not templates at all, or too much of one
    "{{ inputs.", "{{ }}", "{{ inputs }", "{{ inputs..id }}", "{{ 'a }}", "{{ inputs | }}", "{{ \"\\N{no such}\" }}",
    "{{ " + "(" * 900 + "1" + ")" * 900 + " }}", "{{ " + "[" * 400 + "]" * 400 + " }}", "{{ " + "not " * 400 + "1 }}",
    "{{ inputs" + ".a" * 1400 + " }}", "{{ inputs" + "|upper" * 500 + " }}", "{{ '" + "a" * MAX_SOURCE + "' }}",
    "{{ inputs | default(a=1, a=2) }}", "{{ " + "{'a':" * 300 + "1" + "}" * 300 + " }}",
]  # fmt: skip

HARMLESS = [
    "{{ inputs.__class__ }}", "{{ inputs.__class__.__mro__ }}", "{{ ''.__class__.__mro__[1] }}",
    "{{ inputs['__class__'] }}",
    "{{ inputs.rows.append }}", "{{ inputs.name.format }}", "{{ [].__class__.__base__ }}",
    "{{ {}.__init__.__globals__ }}",
    "{{ object.payload }}", "{{ object['payload'] }}", "{{ object.method }}", "{{ object.__class__.__init__ }}",
    "{{ inputs.rows | map(attribute='__class__') | first }}", "{{ [object] | map(attribute='payload') | first }}",
    "{{ inputs.rows | map('attr', '__class__') | list }}", "{{ [object] | selectattr('payload') | list }}",
    "{{ [object] | sum(attribute='payload') }}", "{{ [object] | sort(attribute='payload') }}", "{{ 1.__class__ }}",
    "{{ inputs.rows | map('format') | list }}", "{{ inputs.rows | select('callable') | list }}",
    "{{ [object] | join(attribute='payload') }}", "{{ inputs | map(**inputs) | list }}", "{{ object | items }}",
    "{{ object | dictsort }}", "{{ inputs | sort(**{'attribute': '__class__'}) }}", "{{ object | tojson }}",
    "{{ [object] | unique(attribute='payload') | list }}", "{{ [object] | max(attribute='payload') }}",
]  # fmt: skip

BOMBS = [
    "{{ 'a'" + "|replace('a', 'aaaaaaaaaa')" * 40 + " }}", "{{ 'ab'" + "|join('xxxxxxxxxx')" * 40 + " }}",
    "{{ '\"'" + "|tojson" * 40 + " }}", "{{ 'ab'" + "|list|string" * 40 + " }}", "{{ 'ab'" + "|list|upper" * 40 + " }}",
    "{{ 'ab'" + "|list|title" * 40 + " }}", "{{ 'ab'" + "|list|replace('', 'xxxxxxxx')" * 30 + " }}",
    "{{ 1.5 | round(999999999, 'ceil') }}", "{{ 1.5 | round(-999999999, 'floor') }}",
    "{{ '1e999999999' | decimal | int }}",
    "{{ '1e999999' | decimal | string }}", "{{ inputs.name | replace('', inputs.long) }}",
    "{{ inputs.long | join(inputs.long) }}",
    "{{ '1e999' | float }}", "{{ 'nan' | float }}", "{{ '9' | int(base=99) }}", "{{ 1e999 }}", "{{ -1e999 }}",
]  # fmt: skip
