"""Addresses of runs."""

from django.urls import path

from foureyes.web.results.actions import delete, stop
from foureyes.web.results.bulk import stop_all
from foureyes.web.results.files import file
from foureyes.web.results.lists import export, runs
from foureyes.web.results.log import download, lines
from foureyes.web.results.run import run

urlpatterns = [
    path("jobs/results/", runs, name="results"),
    path("jobs/results/export.csv", export, name="results-export"),
    path("jobs/results/stop/", stop_all, name="results-stop"),
    path("jobs/results/<uuid:pk>/", run, name="result"),
    path("jobs/results/<uuid:pk>/stop/", stop, name="result-stop"),
    path("jobs/results/<uuid:pk>/delete/", delete, name="result-delete"),
    path("jobs/results/<uuid:pk>/lines/", lines, name="result-lines"),
    path("jobs/results/<uuid:pk>/log.txt", download, name="result-log"),
    path("jobs/results/<uuid:pk>/files/<str:name>/", file, name="result-file"),
]
