{% extends "frame.cpp" %}
{# Before a run: the synapses of a pathway, sorted into rows #}
{% block main %}
    {{rows}}.prepare({{own}}.data(), {{others}}.data(), {{own}}.size(), {{delays}}.data(), {{delays}}.size(),
                     {{dt}}[0], {{in_order|int}}, {{dense_from}});
{% endblock %}
