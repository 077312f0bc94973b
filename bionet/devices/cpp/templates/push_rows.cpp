{% extends "frame.cpp" %}
{# The spikes of this step, queued #}
{% block main %}
    {{rows}}.advance();
    {{rows}}.push({{events}}, {{events}}[{{n_events}} - 1]);
{% endblock %}
